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
	flushed := func(w http.ResponseWriter, text string) {
		io.WriteString(w, text)
		http.NewResponseController(w).Flush()
	}
	for name, c := range map[string]struct {
		opts   blob.ReadOptions
		answer http.HandlerFunc
		want   error
		words  string
	}{
		"without a length": {answer: func(w http.ResponseWriter, _ *http.Request) { flushed(w, "half") }, want: blob.ErrNotAStore, words: "without a length"},
		"cut off": {want: blob.ErrUnreachable, words: "ended before", answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "8")
			flushed(w, "half")
			panic(http.ErrAbortHandler)
		}},
		"no range": {opts: blob.ReadOptions{Offset: 1}, want: blob.ErrNotAStore, words: "range", answer: func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "the whole")
		}},
		"another range": {opts: blob.ReadOptions{Offset: 1, Length: 2}, want: blob.ErrNotAStore, words: "bytes 2-3/9", answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Range", "bytes 2-3/9")
			io.WriteString(w, "ab")
		}},
		"a longer range": {opts: blob.ReadOptions{Offset: 1, Length: 2}, want: blob.ErrNotAStore, words: "bytes 1-8/9", answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Range", "bytes 1-8/9")
			io.WriteString(w, "abcdefgh")
		}},
		"a range of another length": {opts: blob.ReadOptions{Offset: 1}, want: blob.ErrNotAStore, words: "length of 2", answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Range", "bytes 1-8/9")
			io.WriteString(w, "ab")
		}},
		"a range with more bytes": {opts: blob.ReadOptions{Offset: 1}, want: blob.ErrNotAStore, words: "more bytes", answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Range", "bytes 1-2/3")
			flushed(w, "abcd")
		}},
		"a range of a whole of unknown length": {opts: blob.ReadOptions{Offset: 1}, want: blob.ErrNotAStore, words: "range", answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Range", "bytes 1-2/*")
			io.WriteString(w, "ab")
		}},
	} {
		store := answering(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"e"`)
			c.answer(w, r)
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
