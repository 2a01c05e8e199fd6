package ossblob

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// Throttling refuses before anything is done: every request may be sent again, those that begin and publish too.
func TestThrottled(t *testing.T) {
	for _, refusal := range []ossfake.Refusal{
		{},
		{Status: http.StatusTooManyRequests, Code: "TooManyRequests"},
		{Status: http.StatusTooManyRequests, Code: "SoonAgain"},
		{Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable"},
		{Status: http.StatusServiceUnavailable, Code: "DownloadTrafficRateLimitExceeded"},
	} {
		b := startBehind(t, nil)
		for _, operation := range []string{"InitiateMultipartUpload", "UploadPart", "CompleteMultipartUpload", "HeadObject", "PutObject", "DeleteObject"} {
			b.server.Throttle(func(r ossfake.Request) bool { return r.Operation == operation }, 2, refusal)
		}
		if _, err := put(t, b, "large", someBytes(large), blob.Cond{IfAbsent: true}); err != nil {
			t.Errorf("%+v: %v", refusal, err)
		}
		b.expect(t, "large", someBytes(large))
		mustPut(t, b, "small", someBytes(1000))
		b.expect(t, "small", someBytes(1000))
		if err := b.Delete(t.Context(), "small", blob.Cond{}); err != nil {
			t.Errorf("%+v: %v", refusal, err)
		}
	}
}

// All rules are sent, so that a repetition of them would undo what another program has written since: whoever made them makes them anew.
func TestRulesAreSentOnce(t *testing.T) {
	for _, rules := range []blob.CORSConfig{someRules, {}} {
		b := startBehind(t, nil)
		b.server.Throttle(nil, 1, ossfake.Refusal{})
		if err := b.SetCORS(t.Context(), rules); !errors.Is(err, blob.ErrUnreachable) {
			t.Errorf("%v", err)
		}
		for _, fault := range []faultproxy.Fault{faultproxy.Reset, faultproxy.LoseAnswer, faultproxy.Refuse429, faultproxy.Refuse500, faultproxy.Refuse503} {
			b.proxy.Clear()
			b.proxy.Inject(faultproxy.Match{}, fault, 1, 1)
			if err := b.SetCORS(t.Context(), rules); !errors.Is(err, blob.ErrUnreachable) {
				t.Errorf("%s: %v", fault, err)
			}
			if sent := b.passed(func(r faultproxy.Request) bool { return r.Query.Has("cors") }); sent != 1 {
				t.Errorf("%s: sent %d times", fault, sent)
			}
		}
	}
}

var someRules = blob.CORSConfig{Rules: []blob.CORSRule{{AllowedOrigins: []string{"*"}, AllowedMethods: []string{"GET"}}}}

func TestRetriesAreCounted(t *testing.T) {
	for _, retries := range []int{0, 1, 3} {
		b := startBehind(t, func(c *Config) { c.MaxRetries = &retries })
		b.server.Throttle(nil, 100, ossfake.Refusal{})
		_, err := b.Head(t.Context(), "key")
		if !errors.Is(err, blob.ErrUnreachable) || failureOf(t, err).Advice == "" || failureOf(t, err).Code != "QpsLimitExceeded" {
			t.Errorf("%v", err)
		}
		if n := len(b.server.Requests()); n != retries+1 {
			t.Errorf("%d retries: %d requests", retries, n)
		}
	}
}

// Broken connections and 5xx are repeated where that does no harm.
func TestRepeatedAndNot(t *testing.T) {
	put := faultproxy.Match{Method: http.MethodPut}
	for _, fault := range []faultproxy.Fault{faultproxy.Reset, faultproxy.Refuse503} {
		b := startBehind(t, nil)
		b.proxy.Inject(put, fault, 1, 3)
		mustPut(t, b, "key", someBytes(1000))
		mustPut(t, b, "large", someBytes(large))
		b.expect(t, "large", someBytes(large))
	}
	// What is refused for good is not repeated.
	b := startBehind(t, nil)
	b.server.AddKey(ossfake.Key{AccessKey: "poor", SecretKey: "s", Denied: []string{"HeadObject"}})
	config := b.config
	config.AccessKey, config.SecretKey = "poor", "s"
	poor := newStore(t, config, b.bucket)
	if _, err := poor.Head(t.Context(), "key"); err == nil {
		t.Error("allowed")
	}
	if _, err := b.Head(t.Context(), "key"); err == nil {
		t.Error("found")
	}
	b.expectAsked(t, "HeadObject", "HeadObject")
	// OSS's own 500 says nothing about what was done.
	b = startBehind(t, nil)
	failing := ossfake.Refusal{Status: http.StatusInternalServerError, Code: "InternalError"}
	b.server.Throttle(nil, 1, failing)
	mustPut(t, b, "key", someBytes(1000))
	b.expectAsked(t, "PutObject", "PutObject")
	b.server.Throttle(func(r ossfake.Request) bool { return r.Operation == "InitiateMultipartUpload" }, 1, failing)
	if _, _, err := blob.Put(t.Context(), b, "once", blobtest.BytesSource(someBytes(large)), nil, blob.PutOptions{}); !errors.Is(err, blob.ErrUnreachable) {
		t.Errorf("an upload that may have been begun: %v", err)
	}
	b.expectAbsent(t, "once")
	// An upload can be completed once, so that it may be tried again.
	for fault, want := range map[faultproxy.Fault]string{faultproxy.Reset: "", faultproxy.Refuse500: "", faultproxy.LoseAnswer: "NoSuchUpload"} {
		b.proxy.Clear()
		b.proxy.Inject(faultproxy.Match{Method: http.MethodPost, Query: "uploadId"}, fault, 1, 1)
		_, _, err := blob.Put(t.Context(), b, "key", blobtest.BytesSource(someBytes(large)), nil, blob.PutOptions{})
		if codeOf(err) != want || (err == nil) != (want == "") {
			t.Errorf("fault %d: %v", fault, err)
		}
		completions := b.passed(func(r faultproxy.Request) bool { return r.Method == http.MethodPost && r.Query.Has("uploadId") })
		if completions != 2 {
			t.Errorf("fault %d: completed %d times", fault, completions)
		}
		b.expect(t, "key", someBytes(large))
	}
}

// A connection that is refused was never made: even what is sent once is sent again.
func TestRefusedConnections(t *testing.T) {
	var dials atomic.Int32
	b := startBehind(t, nil).tuned(t, objectstore.Tuning{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials.Add(1) <= 2 {
			return nil, &net.OpError{Op: "dial", Net: network, Err: errors.New("connection refused")}
		}
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}})
	mustPut(t, b, "key", someBytes(large))
	b.expect(t, "key", someBytes(large))
}

func TestRetryAfter(t *testing.T) {
	b := startBehind(t, nil)
	b.server.Throttle(nil, 1, ossfake.Refusal{RetryAfter: time.Second})
	start := time.Now()
	if err := b.Bucket(t.Context()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took < time.Second {
		t.Errorf("asked again after %s", took)
	}
}

// Waiting ends with the context.
func TestCancelledWhileWaiting(t *testing.T) {
	b := startBehind(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	b.server.Throttle(func(ossfake.Request) bool { time.AfterFunc(50*time.Millisecond, cancel); return true }, 10, ossfake.Refusal{RetryAfter: 20 * time.Second})
	start := time.Now()
	if err := b.Bucket(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("ended after %s", took)
	}
}

// A source that breaks is no broken connection.
func TestABrokenSourceIsNotReadAgain(t *testing.T) {
	b := startBehind(t, nil)
	reads := 0
	broken := errors.New("the disk is gone")
	source := blobtest.SourceFunc(func(context.Context) (blob.Content, error) {
		return &brokenFile{size: large, fail: func() error { reads++; return broken }}, nil
	})
	if _, _, err := blob.Put(t.Context(), b, "key", source, nil, blob.PutOptions{}); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	for _, operation := range b.asked() {
		if strings.HasPrefix(operation, "Complete") {
			t.Errorf("asked for %q", b.asked())
		}
	}
	b.expectAbsent(t, "key")
}

// brokenFile can be hashed, and breaks when it is read again to be sent.
type brokenFile struct {
	size int64
	fail func() error

	mu   sync.Mutex
	read map[int64]bool
}

func (f *brokenFile) Size() int64              { return f.size }
func (f *brokenFile) Close() error             { return nil }
func (f *brokenFile) Read([]byte) (int, error) { return 0, io.EOF }
func (f *brokenFile) ReadAt(p []byte, offset int64) (int, error) {
	if offset >= f.size {
		return 0, io.EOF
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.read == nil {
		f.read = map[int64]bool{}
	}
	if f.read[offset] {
		return 0, f.fail()
	}
	f.read[offset] = true
	n := min(int64(len(p)), f.size-offset, 32<<10)
	return int(n), nil
}
