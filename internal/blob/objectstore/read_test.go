package objectstore_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/mapstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
)

// answering is a store whose server is a handler.
func answering(t *testing.T, handler http.HandlerFunc) *objectstore.Store {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Map-Store", "1")
		handler(w, r)
	}))
	t.Cleanup(server.Close)
	config := mapstore.Config{Endpoint: server.URL}
	config.MaxRetries = new(int)
	return mapstore.New(t, config, "bucket", objectstore.Tuning{})
}

// Half an object is none: neither one that is cut off, nor one of whose length nothing is known.
func TestAnObjectThatIsNotWhole(t *testing.T) {
	second, two := blob.ReadOptions{Offset: 1}, blob.ReadOptions{Offset: 1, Length: 2}
	for name, c := range map[string]struct {
		opts                       blob.ReadOptions
		contentRange, length, body string
		flushed                    bool // the length is told by its header alone
		want                       error
		words                      string
	}{
		"without a length":                     {body: "half", flushed: true, want: blob.ErrNotAStore, words: "without a length"},
		"cut off":                              {length: "8", body: "half", flushed: true, want: blob.ErrUnreachable, words: "ended before"},
		"no range":                             {opts: second, body: "the whole", want: blob.ErrNotAStore, words: "range"},
		"another range":                        {opts: two, contentRange: "bytes 2-3/9", body: "ab", want: blob.ErrNotAStore, words: "bytes 2-3/9"},
		"a longer range":                       {opts: two, contentRange: "bytes 1-8/9", body: "abcdefgh", want: blob.ErrNotAStore, words: "bytes 1-8/9"},
		"a range of another length":            {opts: second, contentRange: "bytes 1-8/9", body: "ab", want: blob.ErrNotAStore, words: "length of 2"},
		"a range with more bytes":              {opts: second, contentRange: "bytes 1-2/3", body: "abcd", flushed: true, want: blob.ErrNotAStore, words: "more bytes"},
		"a range of a whole of unknown length": {opts: second, contentRange: "bytes 1-2/*", body: "ab", want: blob.ErrNotAStore, words: "range"},
	} {
		store := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", `"e"`)
			w.Header().Set("Content-Range", c.contentRange)
			if c.length != "" {
				w.Header().Set("Content-Length", c.length)
			}
			io.WriteString(w, c.body)
			if c.flushed {
				http.NewResponseController(w).Flush()
			}
			if c.length != "" {
				panic(http.ErrAbortHandler)
			}
		})
		object, err := store.Open(t.Context(), "key", c.opts)
		if err == nil {
			_, err = io.ReadAll(object)
			object.Close()
		}
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What lacks an ETag can be under no condition.
func TestAnswersThatLackSomething(t *testing.T) {
	store := answering(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead && strings.Contains(r.URL.Path, "/half") {
			w.Header().Set("ETag", `"e"`)
		}
		w.Header().Set("Content-Length", "0")
	})
	for name, do := range map[string]func() error{
		"Head": func() error { _, err := store.Head(t.Context(), "key"); return err },
		"Get":  func() error { _, err := store.Open(t.Context(), "key", blob.ReadOptions{}); return err },
		"Put": func() error {
			return behind{Store: store}.write(t.Context(), "key", []byte("data"), blob.Cond{})
		},
		"Begin": func() error {
			return behind{Store: store}.write(t.Context(), "key", make([]byte, 9<<20), blob.Cond{})
		},
		"SetAttrs": func() error { _, err := store.SetAttrs(t.Context(), "half", blob.Cond{}, own); return err },
	} {
		err := do()
		if !errors.Is(err, blob.ErrNotAStore) || !strings.Contains(err.Error(), "without an ETag") && !strings.Contains(err.Error(), "without an upload ID") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What the transport has buffered does not come to a caller who has given up.
func TestAReaderWhoGivesUp(t *testing.T) {
	b := start(t, nil)
	b.mustWrite(t, "key", []byte("data"))
	ctx, cancel := context.WithCancel(t.Context())
	object, err := b.Open(ctx, "key", blob.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer object.Close()
	cancel()
	if n, err := object.Read(make([]byte, 4)); n > 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d bytes, %v", n, err)
	}
}
