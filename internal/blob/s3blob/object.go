package s3blob

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

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// Bucket lists one key: the XML of the answer proves that a store gave it, which a HEAD of the bucket cannot.
func (s *Store) Bucket(ctx context.Context) error {
	_, err := s.List(ctx, blob.Query{Max: 1})
	return err
}

// Head sends one HeadObject. An answer that might come from something else than a store costs a Bucket, once; so does a
// refusal, as a HEAD carries no reason.
func (s *Store) Head(ctx context.Context, key string) (blob.Info, error) {
	out, err := s.head(ctx, key)
	if err != nil {
		return blob.Info{}, err
	}
	return headInfo(key, out), nil
}

func (s *Store) head(ctx context.Context, key string) (*s3.HeadObjectOutput, error) {
	const operation = "HeadObject"
	conn, err := s.connect(ctx)
	if err != nil {
		return nil, s.fail(operation, key, blob.Cond{}, err)
	}
	out, err := conn.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: &key})
	if err == nil {
		if err := s.prove(ctx, operation, key, out.ResultMetadata); err != nil {
			return nil, err
		}
		return out, s.fail(operation, key, blob.Cond{}, whole(out.ETag, out.ContentLength))
	}
	failure := s.fail(operation, key, blob.Cond{}, err)
	var response *smithyhttp.ResponseError
	if !errors.As(err, &response) {
		return nil, failure
	}
	switch status := response.HTTPStatusCode(); {
	case errors.Is(failure, fs.ErrNotExist) && !looksLikeS3(response.Response.Header):
		if err := s.proveByListing(ctx, operation, key); err != nil {
			return nil, err
		}
	case status == http.StatusForbidden, status == http.StatusBadRequest && !errors.Is(failure, blob.ErrWrongRegion):
		reason := s.Bucket(ctx)
		if errors.Is(reason, blob.ErrCredentials) || errors.Is(reason, blob.ErrWrongRegion) || errors.Is(reason, blob.ErrNotAStore) {
			return nil, s.renamed(reason, operation, key)
		}
	}
	return nil, failure
}

// prove doubts an answer that carries no sign of S3, unless the endpoint has given one before.
func (s *Store) prove(ctx context.Context, operation, key string, metadata middleware.Metadata) error {
	if signed, _ := metadata.Get(saysS3{}).(bool); signed {
		return nil
	}
	return s.proveByListing(ctx, operation, key)
}

func (s *Store) proveByListing(ctx context.Context, operation, key string) error {
	if s.proven.Load() {
		return nil
	}
	err := s.Bucket(ctx)
	var failure *blob.Error
	switch {
	case err == nil:
		s.proven.Store(true)
		return nil
	case errors.As(err, &failure) && failure.Code != "" && !errors.Is(err, blob.ErrNoBucket):
		return nil // a refusal in S3's words is an answer of a store too
	}
	return s.renamed(err, operation, key)
}

// renamed says what was asked for, where another request found out why it fails.
func (s *Store) renamed(err error, operation, key string) error {
	var failure *blob.Error
	if !errors.As(err, &failure) {
		return err
	}
	renamed := *failure
	renamed.Op, renamed.URI = operation, "s3://"+s.bucket+"/"+key
	return &renamed
}

// whole looks for what every store tells of an object: without an ETag no condition could be made, and a length that is not told is no 0.
func whole(etag *string, length *int64) error {
	switch {
	case unquote(etag) == "":
		return errNoETag
	case length == nil || *length < 0:
		return errNoLength
	}
	return nil
}

func headInfo(key string, out *s3.HeadObjectOutput) blob.Info {
	return blob.Info{
		Key:       key,
		Size:      aws.ToInt64(out.ContentLength),
		ETag:      unquote(out.ETag),
		VersionID: version(out.VersionId),
		ModTime:   utc(out.LastModified),
		Attrs:     blob.ParseMetadata(aws.ToString(out.ContentType), out.Metadata),
	}
}

// Open sends one GetObject.
func (s *Store) Open(ctx context.Context, key string, opts blob.ReadOptions) (*blob.Object, error) {
	const operation = "GetObject"
	cond := blob.Cond{IfMatch: opts.IfMatch}
	conn, err := s.connect(ctx)
	if err != nil {
		return nil, s.fail(operation, key, cond, err)
	}
	in := &s3.GetObjectInput{Bucket: &s.bucket, Key: &key, IfMatch: quote(opts.IfMatch)}
	ranged := opts.Offset > 0 || opts.Length > 0
	if ranged {
		in.Range = aws.String(fmt.Sprintf("bytes=%d-", opts.Offset))
		if opts.Length > 0 {
			in.Range = aws.String(fmt.Sprintf("bytes=%d-%d", opts.Offset, opts.Offset+opts.Length-1))
		}
	}
	out, err := conn.client.GetObject(ctx, in)
	if err != nil {
		return nil, s.fail(operation, key, cond, err)
	}
	if err := s.prove(ctx, operation, key, out.ResultMetadata); err != nil {
		out.Body.Close()
		return nil, err
	}
	if unquote(out.ETag) == "" {
		out.Body.Close()
		return nil, s.fail(operation, key, cond, errNoETag)
	}
	info := blob.Info{
		Key:       key,
		Size:      aws.ToInt64(out.ContentLength),
		ETag:      unquote(out.ETag),
		VersionID: version(out.VersionId),
		ModTime:   utc(out.LastModified),
		Attrs:     blob.ParseMetadata(aws.ToString(out.ContentType), out.Metadata),
	}
	if ranged {
		first, size, ok := parseContentRange(aws.ToString(out.ContentRange))
		if !ok || first != opts.Offset {
			out.Body.Close()
			return nil, s.fail(operation, key, cond, &rangeError{*in.Range, aws.ToString(out.ContentRange)})
		}
		info.Size = size
	}
	body := &body{ctx: ctx, store: s, key: key, ReadCloser: out.Body, left: -1}
	if out.ContentLength != nil {
		body.left = *out.ContentLength
	}
	return &blob.Object{ReadCloser: body, Info: info}, nil
}

// strangeAnswerError is an answer that does not fit what was asked.
type strangeAnswerError struct{ what string }

func (e *strangeAnswerError) Error() string { return e.what }

// rangeError is a server that answers another range than the one asked for.
type rangeError struct{ asked, got string }

func (e *rangeError) Error() string     { return e.ErrorMessage() }
func (e *rangeError) ErrorCode() string { return "UnsupportedOperation" }
func (e *rangeError) ErrorMessage() string {
	return fmt.Sprintf("asked for %q, the store answered %q", e.asked, e.got)
}

// parseContentRange reads "bytes 0-9/100" (RFC 9110, 14.4).
func parseContentRange(header string) (first, size int64, ok bool) {
	span, total, found := strings.Cut(strings.TrimPrefix(header, "bytes "), "/")
	start, _, dashed := strings.Cut(span, "-")
	first, err := strconv.ParseInt(start, 10, 64)
	if err != nil || !found || !dashed {
		return 0, 0, false
	}
	size, err = strconv.ParseInt(total, 10, 64)
	return first, size, err == nil
}

// body is the bytes of an object. Its failures are described as those of the request, and its end is checked.
type body struct {
	io.ReadCloser
	ctx   context.Context
	store *Store
	key   string
	left  int64 // bytes that were announced and have not come yet; -1: unknown
}

func (b *body) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil { // what the transport has buffered would still come
		return 0, b.store.fail("GetObject", b.key, blob.Cond{}, err)
	}
	n, err := b.ReadCloser.Read(p)
	if b.left >= 0 {
		b.left -= int64(n)
	}
	if errors.Is(err, io.EOF) && b.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil && err != io.EOF {
		return n, b.store.fail("GetObject", b.key, blob.Cond{}, err)
	}
	return n, err
}

// Delete sends one DeleteObject.
func (s *Store) Delete(ctx context.Context, key string, cond blob.Cond) error {
	const operation = "DeleteObject"
	conn, err := s.connect(ctx)
	if err != nil {
		return s.fail(operation, key, cond, err)
	}
	err = s.conditional(ctx, key, cond, func(cond blob.Cond) error {
		_, err := conn.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: &key, IfMatch: quote(cond.IfMatch)})
		return s.fail(operation, key, cond, err)
	})
	if errors.Is(err, fs.ErrNotExist) && cond.IfMatch == "" {
		return nil // some stores say so
	}
	return err
}

// conditional sends a request under a condition, and where the store does not know conditions (501), without one after
// a look: then a window remains.
func (s *Store) conditional(ctx context.Context, key string, cond blob.Cond, send func(blob.Cond) error) error {
	err := send(cond)
	if cond == (blob.Cond{}) || !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	if err := s.check(ctx, key, cond); err != nil {
		return err
	}
	return send(blob.Cond{})
}

// check compares a condition with what is there right now.
func (s *Store) check(ctx context.Context, key string, cond blob.Cond) error {
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

// unmet is a condition that does not hold, found out by looking.
func (s *Store) unmet(key string, sentinel error) error {
	failure := &blob.Error{Op: "HeadObject", URI: "s3://" + s.bucket + "/" + key, Message: sentinel.Error(), Err: sentinel}
	if conn := s.opened.Load(); conn != nil {
		failure.Endpoint = conn.endpoint
	}
	return failure
}

// unquote takes the quotes from an ETag.
func unquote(etag *string) string { return strings.Trim(aws.ToString(etag), `"`) }

// quote puts them back; nil for no ETag.
func quote(etag string) *string {
	if etag == "" {
		return nil
	}
	return aws.String(`"` + etag + `"`)
}

// version: a bucket whose versioning is suspended, or was never on, says "null".
func version(id *string) string {
	if v := aws.ToString(id); v != "null" {
		return v
	}
	return ""
}

func utc(t *time.Time) time.Time { return aws.ToTime(t).UTC() }
