package ossblob

import (
	"cmp"
	"context"
	"crypto/md5" //nolint:gosec // Content-MD5 is what OSS compares
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
)

// Stage sends nothing yet. The Info of its Commit has no ModTime, as no answer tells it, and a further request would be
// needed.
//
// OSS knows one condition on a write, x-oss-forbid-overwrite. For IfMatch, and for IfAbsent too, as buckets with versions ignore that
// header, a HeadObject comes just before the request that publishes, unless the caller has just sent one: in between a window remains.
func (s *Store) Stage(ctx context.Context, key string, opts blob.WriteOptions) (blob.Stage, error) {
	to := &upload{store: s, caller: ctx, key: key, cond: opts.Cond, attrs: opts.Attrs.Clone(), accelerate: opts.Accelerate}
	conn, err := s.connect()
	if err == nil && opts.Accelerate && conn.accelerated == nil {
		err = errNoAcceleration
	}
	if err != nil {
		return nil, s.fail(request{operation: "PutObject", key: key}, err)
	}
	return multipart.NewStage(ctx, to, multipart.Options{
		Size: opts.Size, CRC64ECMA: true, Budget: s.config.Budget, CopyPart: s.copyPart,
		Sweep: func(ctx context.Context, byParts bool) { s.sweep(ctx, conn, key, byParts) },
		Begun: func() (ended func()) { return s.config.Ledger.Begun(s.place(conn, key), to.id) },
	}), nil
}

// upload is one object on its way.
type upload struct {
	store      *Store
	caller     context.Context // may give up until the request that publishes is sent
	key        string
	cond       blob.Cond
	checked    bool
	attrs      blob.Attrs
	accelerate bool
	id         string // of the multipart upload
	copied     bool   // nobody here knows the CRC of the whole
}

var _ multipart.Copier = (*upload)(nil)

// Put sends one PutObject with the MD5 of its bytes, by which OSS refuses other ones before they are visible.
func (u *upload) Put(ctx context.Context, body *multipart.Body, whole multipart.Whole, sums blob.Sums) (blob.Info, error) {
	u.attrs.SHA256 = cmp.Or(u.attrs.SHA256, &sums.SHA256)
	r := request{
		operation: "PutObject", method: http.MethodPut, key: u.key, cond: u.cond, accelerate: u.accelerate,
		header: u.header(), before: u.check,
	}
	sum, err := md5Of(body)
	if err != nil {
		return blob.Info{}, u.store.fail(r, err)
	}
	r.header["Content-Md5"] = sum
	u.forbidOverwrite(r.header)
	if body.Size() > 0 {
		r.body, r.size = body, body.Size()
	}
	got, err := u.store.do(ctx, r)
	if err != nil {
		return blob.Info{}, err
	}
	return u.published(ctx, r, got.header, whole)
}

func md5Of(body io.ReadSeeker) (string, error) {
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	sum := md5.New() //nolint:gosec // as above
	if _, err := io.Copy(sum, body); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(sum.Sum(nil)), nil
}

// Begin sends one InitiateMultipartUpload, never twice: an answer that is lost leaves an upload open that nobody knows. A later
// write takes it away, or a lifecycle rule of the bucket.
func (u *upload) Begin(ctx context.Context) error {
	r := request{
		operation: "InitiateMultipartUpload", method: http.MethodPost, key: u.key, cond: u.cond, once: true,
		query: map[string]string{"uploads": ""}, header: u.header(),
	}
	u.forbidOverwrite(r.header)
	id, err := u.store.initiate(ctx, r)
	u.id = id
	return err
}

func (s *Store) initiate(ctx context.Context, r request) (id string, err error) {
	got, err := s.do(ctx, r)
	if err != nil {
		return "", err
	}
	var begun struct {
		XMLName  xml.Name `xml:"InitiateMultipartUploadResult"`
		UploadID string   `xml:"UploadId"`
	}
	if err := xml.Unmarshal(got.body, &begun); err != nil || begun.UploadID == "" {
		return "", s.fail(r, &strangeAnswerError{"an upload was begun, and has no ID"})
	}
	return begun.UploadID, nil
}

// Part sends one UploadPart.
func (u *upload) Part(ctx context.Context, part multipart.Part) (string, error) {
	r := request{
		operation: "UploadPart", method: http.MethodPut, key: u.key, accelerate: u.accelerate,
		query: map[string]string{"partNumber": strconv.Itoa(int(part.Number)), "uploadId": u.id},
		body:  part.Body, size: part.Body.Size(),
	}
	got, err := u.store.do(ctx, r)
	if err != nil {
		return "", err
	}
	if err := sameCRC(got.header, part.Sums.CRC64ECMA); err != nil {
		return "", u.store.fail(r, err) // nothing is visible, and nothing will be
	}
	etag := got.header.Get("Etag")
	if etag == "" {
		return "", u.store.fail(r, errNoETag)
	}
	return etag, nil
}

type completedPart struct {
	PartNumber int32
	ETag       string
}

// Complete sends one CompleteMultipartUpload: only here the object appears. It may be repeated, as an upload can be completed once: after a
// lost answer the repetition is refused, and Put finds out that the object is ours.
func (u *upload) Complete(ctx context.Context, parts []multipart.Done, whole multipart.Whole) (blob.Info, error) {
	var completed []completedPart
	for _, part := range parts {
		completed = append(completed, completedPart{part.Number, part.ETag})
	}
	header := map[string]string{}
	u.forbidOverwrite(header)
	r := u.store.completion(u.key, u.id, header, completed)
	r.cond, r.before = u.cond, u.check
	got, err := u.store.do(ctx, r)
	if err != nil {
		return blob.Info{}, err
	}
	return u.published(ctx, r, got.header, whole)
}

func (s *Store) completion(key, id string, header map[string]string, parts []completedPart) request {
	text, _ := xml.Marshal(struct {
		XMLName xml.Name        `xml:"CompleteMultipartUpload"`
		Parts   []completedPart `xml:"Part"`
	}{Parts: parts})
	r := request{
		operation: "CompleteMultipartUpload", method: http.MethodPost, key: key, patient: true,
		query: map[string]string{"uploadId": id}, header: header,
	}
	r.body, r.size = document(text)
	return r
}

// Abort sends one AbortMultipartUpload. That there is no such upload is what it is for.
func (u *upload) Abort(ctx context.Context) error { return u.store.abort(ctx, u.key, u.id) }

func (s *Store) abort(ctx context.Context, key, id string) error {
	return s.abortBy(ctx, key, id, false)
}

func (s *Store) abortBy(ctx context.Context, key, id string, single bool) error {
	_, err := s.do(ctx, request{
		operation: "AbortMultipartUpload", method: http.MethodDelete, key: key, query: map[string]string{"uploadId": id}, single: single,
	})
	if codeOf(err) == "NoSuchUpload" {
		return nil
	}
	return err
}

// published checks what OSS says of an object that is visible by now.
func (u *upload) published(ctx context.Context, r request, header http.Header, whole multipart.Whole) (blob.Info, error) {
	attrs := u.attrs.Clone()
	written, _ := http.ParseTime(header.Get("Date"))
	info := blob.Info{
		Key: u.key, Size: whole.Size, ETag: unquote(header.Get("Etag")), VersionID: version(header), Written: written.UTC(), Attrs: &attrs,
	}
	if err := sameCRC(header, whole.CRC64ECMA); err != nil && !u.copied {
		return blob.Info{}, u.withdraw(ctx, r, info, err)
	}
	if info.ETag == "" {
		return blob.Info{}, u.store.fail(r, errNoETag)
	}
	return info, nil
}

// withdraw takes away an object that OSS says has other bytes. It should not happen, as the bytes were compared before they became
// visible; if it does, no object is better than a wrong one. In a bucket with versions the version goes, and the one before is back.
func (u *upload) withdraw(ctx context.Context, r request, info blob.Info, cause error) error {
	failure := u.store.fail(r, cause)
	undo := request{operation: "DeleteObject", method: http.MethodDelete, key: u.key}
	if info.VersionID != "" {
		undo.query = map[string]string{"versionId": info.VersionID}
	} else {
		undo.before = func(ctx context.Context) error { return u.store.check(ctx, u.key, blob.Cond{IfMatch: info.ETag}) }
	}
	if _, err := u.store.do(ctx, undo); err != nil {
		return errors.Join(failure, fmt.Errorf("and the wrong object is still there: %w", err))
	}
	return failure
}

// check looks just before the request that publishes.
func (u *upload) check(ctx context.Context) error {
	cond, again := u.cond, u.checked
	u.cond.Seen, u.checked = time.Time{}, true // the caller's look counts for the first attempt
	if again {
		return u.store.check(ctx, u.key, cond)
	}
	return u.store.checkFirst(ctx, u.caller, u.key, cond)
}

// forbidOverwrite makes OSS refuse to replace an object, unless the bucket has versions.
func (u *upload) forbidOverwrite(header map[string]string) {
	if u.cond.IfAbsent {
		header["X-Oss-Forbid-Overwrite"] = "true"
	}
}

func (u *upload) header() map[string]string { return attrsHeader(u.attrs) }

// attrsHeader are the attributes as a request carries them.
func attrsHeader(attrs blob.Attrs) map[string]string {
	header := map[string]string{}
	for name, value := range maps.All(attrs.StoredMetadata()) {
		header[metaPrefix+name] = value
	}
	if attrs.ContentType != "" {
		header["Content-Type"] = attrs.ContentType
	}
	return header
}

// crcError is a CRC-64 of OSS that is not ours.
type crcError struct{ want, got string }

func (e *crcError) Error() string {
	return fmt.Sprintf("the bytes have CRC-64 %s, and OSS says that it has %s", e.want, e.got)
}

// sameCRC compares x-oss-hash-crc64ecma, which OSS sends with PutObject, UploadPart and CompleteMultipartUpload ("Check data integrity
// by using CRC-64").
func sameCRC(header http.Header, want uint64) error {
	got, wanted := header.Get("X-Oss-Hash-Crc64ecma"), strconv.FormatUint(want, 10)
	if got != "" && got != wanted {
		return &crcError{wanted, got}
	}
	return nil
}

// errNoETag is a success that lacks what OSS sends with every one.
var errNoETag = &strangeAnswerError{"the answer has no ETag"}
