package source_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest" //nolint:depguard // the fake store is for tests
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
)

// refusing is a store whose calls fail.
type refusing struct {
	*blobtest.FakeStore
	head, bucket, open error
}

func (r refusing) Head(ctx context.Context, key string) (blob.Info, error) {
	if r.head != nil {
		return blob.Info{}, r.head
	}
	return r.FakeStore.Head(ctx, key)
}

func (r refusing) Bucket(context.Context) error { return r.bucket }

func (r refusing) Open(ctx context.Context, key string, opts blob.ReadOptions) (*blob.Object, error) {
	if r.open != nil {
		return nil, r.open
	}
	return r.FakeStore.Open(ctx, key, opts)
}

func TestObjectFailures(t *testing.T) {
	told := func(sentinel error) error {
		return &blob.Error{Op: "HeadObject", URI: "s3://libs-bucket/libs/job.jar", Message: "what happened", Advice: "what to do", Err: sentinel}
	}
	for name, c := range map[string]struct {
		store refusing
		want  error
	}{
		"absent":                   {refusing{head: told(fs.ErrNotExist)}, fs.ErrNotExist},
		"absent, who may not list": {refusing{head: told(fs.ErrNotExist), bucket: told(fs.ErrPermission)}, fs.ErrNotExist},
		"no bucket":                {refusing{head: told(fs.ErrNotExist), bucket: told(blob.ErrNoBucket)}, blob.ErrNoBucket},
		"no store":                 {refusing{head: told(fs.ErrNotExist), bucket: told(blob.ErrNotAStore)}, blob.ErrNotAStore},
		"denied":                   {refusing{head: told(fs.ErrPermission), bucket: told(blob.ErrNoBucket)}, fs.ErrPermission},
		"unreachable":              {refusing{head: told(blob.ErrUnreachable)}, blob.ErrUnreachable},
	} {
		object := objectOf(c.store)
		_, openErr := object.Open(t.Context())
		_, describeErr := object.Describe(t.Context())
		_, rangesErr := object.Ranges(t.Context())
		for _, err := range []error{openErr, describeErr, rangesErr} {
			expectFailure(t, err, c.want)
			if !errors.Is(c.want, fs.ErrNotExist) && errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	// What cannot become better is not tried again.
	for _, sentinel := range []error{
		fs.ErrPermission, blob.ErrNoBucket, blob.ErrCredentials, blob.ErrNotAStore, blob.ErrWrongRegion, blob.ErrSettings, errors.ErrUnsupported,
	} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			_, err := readAll(t, objectOf(refusing{FakeStore: storeWith([]byte("data")), open: told(sentinel)}))
			if failure := expectFailure(t, err, sentinel); failure.Advice != "what to do" || time.Since(began) > 0 {
				t.Errorf("%+v after %s", failure, time.Since(began))
			}
		})
	}
	bare := &source.Error{}
	if _, err := objectOf(&blobtest.FakeStore{}).Open(t.Context()); !errors.As(err, &bare) || bare.Advice == "" {
		t.Errorf("%v", err)
	}
}

func TestObjectIsCancelled(t *testing.T) {
	gaveUp := errors.New("gave up")
	lost := fmt.Errorf("reset: %w", blob.ErrUnreachable)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		content, err := objectOf(&breaking{FakeStore: storeWith([]byte("data")), times: 1000, opening: lost}).Open(ctx)
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(700*time.Millisecond, func() { cancel(gaveUp) })
		began := time.Now()
		_, err = io.ReadAll(content)
		expectFailure(t, err, gaveUp)
		if time.Since(began) != 700*time.Millisecond {
			t.Errorf("after %s", time.Since(began))
		}
	})
}

func TestObjectRanges(t *testing.T) {
	data := []byte("0123456789")
	store := &breaking{FakeStore: storeWith(data)}
	ranges, err := objectOf(store).Ranges(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	store.Calls()
	if ranges.Size() != 10 || ranges.Describe().ETag != "etag-1" {
		t.Errorf("%d, %+v", ranges.Size(), ranges.Describe())
	}
	for _, c := range []struct {
		offset int64
		length int
		want   string
		err    error
		asked  int64 // bytes; -1: nothing is requested
	}{
		{2, 3, "234", nil, 3},
		{0, 10, "0123456789", nil, 10},
		{8, 5, "89", io.EOF, 2},
		{10, 1, "", io.EOF, -1},
		{-1, 1, "", io.EOF, -1},
		{3, 0, "", nil, -1},
	} {
		store.openings = nil
		p := make([]byte, c.length)
		n, err := ranges.ReadAt(p, c.offset)
		if string(p[:n]) != c.want || !errors.Is(err, c.err) {
			t.Errorf("%+v: %q, %v", c, p[:n], err)
		}
		if c.asked < 0 != (len(store.openings) == 0) || c.asked > 0 && store.openings[0] != (blob.ReadOptions{Offset: c.offset, Length: c.asked, IfMatch: "etag-1"}) {
			t.Errorf("%+v: requested %+v", c, store.openings)
		}
	}
	store.after, store.times = 1, 1
	if _, err := ranges.ReadAt(make([]byte, 3), 0); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut short: %v", err)
	}
	store.times = 0
	store.Plant(objectKey, []byte("ABCDEFGHIJ"))
	_, err = ranges.ReadAt(make([]byte, 3), 0)
	if expectFailure(t, err, blob.ErrSourceChanged); errors.Is(err, blob.ErrChanged) || errors.Is(err, blob.ErrStartOver) {
		t.Errorf("%v", err)
	}
}
