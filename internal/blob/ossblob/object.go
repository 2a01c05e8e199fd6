package ossblob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// Bucket lists one key: the XML of the answer proves that OSS gave it, and that the bucket may be used.
func (s *Store) Bucket(ctx context.Context) error {
	_, err := s.List(ctx, blob.Query{Max: 1})
	return err
}

// Head sends one HeadObject.
func (s *Store) Head(ctx context.Context, key string) (blob.Info, error) {
	header, err := s.head(ctx, key)
	if err != nil {
		return blob.Info{}, err
	}
	return infoOf(key, header), nil
}

func (s *Store) head(ctx context.Context, key string) (http.Header, error) {
	r := request{operation: "HeadObject", method: http.MethodHead, key: key}
	got, err := s.do(ctx, r)
	if err != nil {
		return nil, err
	}
	// OSS tells both of every object. Without an ETag no condition could be made, and a length that is not told is no 0.
	if unquote(got.header.Get("Etag")) == "" {
		return nil, s.fail(r, errNoETag)
	}
	if length := got.header.Get("Content-Length"); !isLength(length) {
		return nil, s.fail(r, &strangeAnswerError{fmt.Sprintf("OSS answered with a length of %q", length)})
	}
	return got.header, nil
}

func isLength(header string) bool {
	length, err := strconv.ParseInt(header, 10, 64)
	return err == nil && length >= 0
}

const metaPrefix = "X-Oss-Meta-"

func infoOf(key string, header http.Header) blob.Info {
	stored := map[string]string{}
	for name := range header {
		if meta, ok := strings.CutPrefix(http.CanonicalHeaderKey(name), metaPrefix); ok {
			stored[meta] = header.Get(name)
		}
	}
	size, _ := strconv.ParseInt(header.Get("Content-Length"), 10, 64)
	modified, _ := http.ParseTime(header.Get("Last-Modified"))
	return blob.Info{
		Key:       key,
		Size:      size,
		ETag:      unquote(header.Get("Etag")),
		VersionID: version(header),
		ModTime:   modified.UTC(),
		Attrs:     blob.ParseMetadata(header.Get("Content-Type"), stored),
	}
}

// Open sends one GetObject.
func (s *Store) Open(ctx context.Context, key string, opts blob.ReadOptions) (*blob.Object, error) {
	r := request{
		operation: "GetObject", method: http.MethodGet, key: key,
		cond: blob.Cond{IfMatch: opts.IfMatch}, header: map[string]string{},
	}
	if opts.IfMatch != "" {
		r.header["If-Match"] = quote(opts.IfMatch)
	}
	ranged := opts.Offset > 0 || opts.Length > 0
	if ranged {
		r.header["Range"] = fmt.Sprintf("bytes=%d-", opts.Offset)
		if opts.Length > 0 {
			r.header["Range"] = fmt.Sprintf("bytes=%d-%d", opts.Offset, opts.Offset+opts.Length-1)
		}
		// Without it a range beyond the end is the whole object, and no error ("Range requests", x-oss-range-behavior).
		r.header["X-Oss-Range-Behavior"] = "standard"
	}
	got, err := s.do(ctx, r)
	if err != nil {
		return nil, err
	}
	info := infoOf(key, got.header)
	if info.ETag == "" {
		got.stream.Close()
		return nil, s.fail(r, errNoETag)
	}
	length, ok := info.Size, isLength(got.header.Get("Content-Length"))
	if ranged {
		var first int64
		first, length, info.Size, ok = parseContentRange(got.header.Get("Content-Range"))
		ok = ok && first == opts.Offset && (opts.Length == 0 || length <= opts.Length)
	}
	if !ok {
		got.stream.Close()
		return nil, s.fail(r, &strangeAnswerError{fmt.Sprintf("asked for the range %q, OSS answered %q, and a length of %q",
			r.header["Range"], got.header.Get("Content-Range"), got.header.Get("Content-Length"))})
	}
	return &blob.Object{ReadCloser: &body{ReadCloser: got.stream, ctx: ctx, store: s, request: r, left: length}, Info: info}, nil
}

// strangeAnswerError is an answer of OSS that does not fit what was asked.
type strangeAnswerError struct{ what string }

func (e *strangeAnswerError) Error() string { return e.what }

// parseContentRange reads "bytes 0-9/100" (RFC 9110, 14.4): first byte, bytes in the range, bytes in all.
func parseContentRange(header string) (first, length, size int64, ok bool) {
	span, total, _ := strings.Cut(strings.TrimPrefix(header, "bytes "), "/")
	from, to, _ := strings.Cut(span, "-")
	first, err := strconv.ParseInt(from, 10, 64)
	last, lastErr := strconv.ParseInt(to, 10, 64)
	size, sizeErr := strconv.ParseInt(total, 10, 64)
	return first, last - first + 1, size, err == nil && lastErr == nil && sizeErr == nil && first <= last && last < size
}

// body is the bytes of an object. Its failures are described as those of the request, and its end is checked.
type body struct {
	io.ReadCloser
	ctx     context.Context
	store   *Store
	request request
	left    int64 // bytes that were announced and have not come yet
}

func (b *body) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil { // what the transport has buffered would still come
		return 0, b.store.fail(b.request, err)
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	if errors.Is(err, io.EOF) && b.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil && err != io.EOF {
		return n, b.store.fail(b.request, err)
	}
	return n, err
}

// Delete sends one DeleteObject; with IfMatch a HeadObject comes before it, unless the caller has just sent one, as OSS has no condition for it: a window remains.
func (s *Store) Delete(ctx context.Context, key string, cond blob.Cond) error {
	cond.IfAbsent = false
	r := request{operation: "DeleteObject", method: http.MethodDelete, key: key, cond: cond}
	r.before = func(ctx context.Context) error {
		now := cond
		cond.Seen = time.Time{} // counts for the first attempt
		return s.check(ctx, key, now)
	}
	_, err := s.do(ctx, r)
	if errors.Is(err, fs.ErrNotExist) && cond.IfMatch == "" {
		return nil // OSS does not say so
	}
	return err
}

// check compares a condition with what is there right now.
func (s *Store) check(ctx context.Context, key string, cond blob.Cond) error {
	if cond.IfMatch == "" && !cond.IfAbsent || cond.SeenJustNow() {
		return nil
	}
	info, err := s.Head(ctx, key)
	absent := errors.Is(err, fs.ErrNotExist)
	switch {
	case err != nil && !absent:
		return err
	case cond.IfAbsent && !absent:
		return s.unmet(key, fs.ErrExist)
	case cond.IfMatch != "" && (absent || info.ETag != cond.IfMatch):
		return s.unmet(key, blob.ErrChanged)
	}
	return nil
}

// checkFirst is check before a request is sent for the first time. Until then its caller may give up, although the request itself runs
// under a context that does not end with his.
func (s *Store) checkFirst(ctx, caller context.Context, key string, cond blob.Cond) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(caller, cancel)()
	err := s.check(ctx, key, cond)
	if gaveUp := caller.Err(); gaveUp != nil {
		return s.fail(request{operation: "HeadObject", key: key}, gaveUp)
	}
	return err
}

// unmet is a condition that does not hold, found out by looking.
func (s *Store) unmet(key string, sentinel error) error {
	failure := s.failure(request{operation: "HeadObject", key: key})
	failure.Message, failure.Err = sentinel.Error(), sentinel
	return failure
}

// unquote takes the quotes from an ETag.
func unquote(etag string) string { return strings.Trim(etag, `"`) }

// quote puts them back.
func quote(etag string) string { return `"` + etag + `"` }

// version: a bucket whose versioning is suspended says "null".
func version(header http.Header) string {
	if id := header.Get("X-Oss-Version-Id"); id != "null" {
		return id
	}
	return ""
}

// date is how OSS writes times in XML.
func date(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}
