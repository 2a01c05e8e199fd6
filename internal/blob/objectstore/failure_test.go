package objectstore_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// What a refusal means by its status, where its code says nothing.
func TestStatuses(t *testing.T) {
	for status, want := range map[int]error{
		http.StatusForbidden: fs.ErrPermission, http.StatusPreconditionFailed: blob.ErrChanged, http.StatusNotModified: blob.ErrChanged,
		http.StatusNotImplemented: errors.ErrUnsupported, http.StatusMethodNotAllowed: errors.ErrUnsupported,
		http.StatusTooManyRequests: blob.ErrUnreachable, http.StatusBadGateway: blob.ErrUnreachable,
		http.StatusMovedPermanently: blob.ErrWrongRegion, http.StatusTemporaryRedirect: blob.ErrWrongRegion,
	} {
		store := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Map-Code", "Whatever")
			w.WriteHeader(status)
		})
		_, err := store.Head(t.Context(), "key")
		var failure *blob.Error
		if !errors.Is(err, want) || !errors.As(err, &failure) || failure.Code != "Whatever" || failure.Op != "Head" || failure.URI != "map://bucket/key" || failure.Endpoint == "" {
			t.Errorf("%d: %v", status, err)
		}
		if failure != nil && failure.Advice == "" && !errors.Is(want, blob.ErrChanged) {
			t.Errorf("%d: no advice", status)
		}
		if status == http.StatusForbidden && failure.Advice != "Needed: reading." {
			t.Errorf("a permission that is missing is not named: %q", failure.Advice)
		}
	}
	store := answering(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) })
	if _, err := store.Head(t.Context(), "key"); !errors.Is(err, blob.ErrNotAStore) {
		t.Errorf("a refusal without a reason: %v", err)
	}
}

// A failure that knows its own meaning keeps it, but for a caller who gave up.
func TestExplained(t *testing.T) {
	b := start(t, nil)
	known := &wire.ExplainedError{Meaning: wire.Meaning{Err: blob.ErrCredentials, Advice: "Sign in."}, Message: "no key", Cause: errors.New("deep")}
	var failure *blob.Error
	err := b.Fail("Any", "key", &wire.CallError{Op: "Other", Endpoint: "https://elsewhere", Err: fmt.Errorf("wrapped: %w", known)})
	if !errors.As(err, &failure) || failure.Op != "Other" || failure.Endpoint != "https://elsewhere" || !errors.Is(failure.Err, blob.ErrCredentials) || failure.Message != "no key" || failure.Advice != "Sign in." {
		t.Errorf("%+v", failure)
	}
	known.Cause = fmt.Errorf("looking for a key: %w", context.Canceled)
	if err := b.Fail("Any", "key", known); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if err := b.Fail("Any", "key", nil); err != nil {
		t.Errorf("%v", err)
	}
	if again := b.Fail("Any", "key", fmt.Errorf("operation error S3: %w", err)); again != err { //nolint:errorlint // without what it was wrapped in
		t.Errorf("described twice: %v", again)
	}
	joined := errors.Join(err, errors.New("and another"))
	if again := b.Fail("Any", "key", joined); again != joined { //nolint:errorlint // the very same
		t.Errorf("a part is lost: %v", again)
	}
	if again := b.Fail("Any", "key", err); again != err { //nolint:errorlint // the very same
		t.Errorf("described twice: %v", again)
	}
	if err := b.Fail("Any", "key", errors.New("\x1b[31mred\nlines")); strings.ContainsAny(err.Error(), "\x1b\n") {
		t.Errorf("%q", err)
	}
}

// That the time is over while an answer comes in is no failure of the network.
func TestADeadline(t *testing.T) {
	b := start(t, nil)
	b.proxy.Inject(faultproxy.Match{Method: http.MethodHead}, faultproxy.Stall, 1, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := b.Head(ctx, "key"); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, blob.ErrUnreachable) {
		t.Error(err)
	}
}

// A store whose listing leaves the query is none.
func TestAListingOfOtherKeys(t *testing.T) {
	store := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"Infos": [{"Key": "elsewhere"}]}`)
	})
	if _, err := store.List(t.Context(), blob.Query{Prefix: "here/"}); !errors.Is(err, blob.ErrNotAStore) {
		t.Error(err)
	}
}

// A value whose making fails, or is cancelled, is made by the next.
func TestLazy(t *testing.T) {
	broken := errors.New("broken")
	made, wait := 0, make(chan struct{})
	lazy := objectstore.NewLazy(func(ctx context.Context) (*int, error) {
		if made++; made == 1 {
			return nil, broken
		}
		select {
		case <-wait:
			return &made, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	})
	if _, err := lazy.Get(t.Context()); !errors.Is(err, broken) || lazy.Opened() != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := lazy.Get(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	close(wait)
	first, err := lazy.Get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if second, err := lazy.Get(ctx); err != nil || second != first || lazy.Opened() != first || made > 3 {
		t.Errorf("%v, made %d times", err, made)
	}
}

func TestNothingOpaqueIsPrinted(t *testing.T) {
	config := struct {
		objectstore.Opaque

		Key string
	}{Key: "s3cr3t"}
	for _, text := range []string{fmt.Sprint(config), fmt.Sprintf("%+v", config), fmt.Sprintf("%#v", config), fmt.Sprintf("%s %q %x", config, &config, config), config.LogValue().String()} {
		if strings.Contains(text, "s3cr3t") || strings.Contains(text, fmt.Sprintf("%x", "s3cr3t")) {
			t.Errorf("%q", text)
		}
	}
}
