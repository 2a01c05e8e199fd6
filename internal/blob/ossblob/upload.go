package ossblob

import (
	"context"
	"crypto/md5" //nolint:gosec // Content-MD5 is what OSS compares
	"encoding/base64"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/checksum"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/rest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// upload is one object on its way.
type upload struct {
	*driver
	objectstore.Target

	id  string // of the multipart upload
	acl string // of an object that is copied onto itself; "": the bucket's
}

// Upload sends nothing.
func (d *driver) Upload(_ context.Context, to objectstore.Target) (objectstore.Upload, error) {
	if to.Accelerate && d.accelerated == nil {
		return nil, errNoAcceleration
	}
	return &upload{driver: d, Target: to}, nil
}

// Sums is the one that OSS reports of what it has.
func (u *upload) Sums() checksum.Set { return checksum.CRC64ECMA }

// Put sends one PutObject with the MD5 of its bytes, by which OSS refuses other ones before they are visible.
func (u *upload) Put(ctx context.Context, body *multipart.Body, whole multipart.Whole, attrs blob.Attrs, guard objectstore.Guard) (objectstore.Written, error) {
	sum, err := md5Of(body)
	if err != nil {
		return objectstore.Written{}, err
	}
	header := rest.Attrs(metaPrefix, attrs)
	header["Content-Md5"] = sum
	r := rest.Request{Operation: "PutObject", Method: http.MethodPut, Header: header, Body: body, Accelerated: u.Accelerate}
	return u.publish(ctx, r, whole, guard)
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

// Begin sends one InitiateMultipartUpload, and for an object that is copied onto itself a GetObjectACL and a GetObjectTagging before.
// It is never repeated: an answer that is lost leaves an upload open that nobody knows.
func (u *upload) Begin(ctx context.Context, begin objectstore.Begin) (string, error) {
	r := rest.Request{
		Operation: "InitiateMultipartUpload", Method: http.MethodPost, Key: u.Key, Repeat: rest.IfUndone,
		Query: map[string]string{"uploads": ""}, Header: rest.Attrs(metaPrefix, begin.Attrs), Root: "InitiateMultipartUploadResult",
	}
	if u.Kept != nil {
		if err := u.keep(ctx, r.Header); err != nil {
			return "", err
		}
	}
	forbidOverwrite(r.Header, begin.IfAbsent)
	var begun struct {
		UploadID string `xml:"UploadId"`
	}
	_, err := u.service.Decode(ctx, r, &begun)
	u.id = begun.UploadID
	return u.id, err
}

// Part sends one UploadPart.
// What OSS says has other bytes fails here: nothing is visible, and nothing will be.
func (u *upload) Part(ctx context.Context, part multipart.Part) (string, error) {
	r := rest.Request{
		Operation: "UploadPart", Method: http.MethodPut, Key: u.Key, Query: u.part(part.Number), Body: part.Body, Accelerated: u.Accelerate,
	}
	answer, err := u.service.Do(ctx, r)
	if err != nil {
		return "", err
	}
	return answer.Header.Get("Etag"), u.compare(r, answer.Header, part.Sums)
}

func (u *upload) part(number int32) map[string]string {
	return map[string]string{"partNumber": strconv.Itoa(int(number)), "uploadId": u.id}
}

// CopyPart sends one UploadPartCopy to the regional endpoint, as no bytes go there that could be accelerated.
// It may be sent twice: the later part of one number replaces the earlier.
func (u *upload) CopyPart(ctx context.Context, bucket string, part multipart.CopiedPart) (string, error) {
	header := copySource(bucket, part.Object)
	header["X-Oss-Copy-Source-Range"] = objectstore.Range{First: part.First, Length: part.Length}.Header()
	var result copied
	_, err := u.service.Decode(ctx, rest.Request{
		Operation: "UploadPartCopy", Method: http.MethodPut, Key: u.Key, Query: u.part(part.Number), Header: header,
		Root: "CopyPartResult", Patient: true,
	}, &result)
	return result.ETag, err
}

// copySource is the header of a copy of an object that still has its ETag.
// Every byte of the key is escaped but "/", as a "+" would arrive as a space.
// It names no version: the condition on the ETag says which one is meant, and to read a version by its ID takes a permission of its own.
func copySource(bucket string, object blob.Info) map[string]string {
	escaped := strings.NewReplacer("+", "%20", "%2F", "/").Replace(url.QueryEscape(object.Key))
	return map[string]string{"X-Oss-Copy-Source": "/" + bucket + "/" + escaped, "X-Oss-Copy-Source-If-Match": wire.Quote(object.ETag)}
}

// copied is what CopyObject and UploadPartCopy answer.
type copied struct {
	ETag         string
	LastModified string
}

// Complete sends one CompleteMultipartUpload.
// It may be repeated, as an upload can be completed once: after a lost answer the repetition is refused, and blob.Put finds out that the object
// is ours.
func (u *upload) Complete(ctx context.Context, parts []multipart.Done, whole multipart.Whole, guard objectstore.Guard) (objectstore.Written, error) {
	type part struct {
		PartNumber int32
		ETag       string
	}
	var list struct {
		XMLName xml.Name `xml:"CompleteMultipartUpload"`
		Parts   []part   `xml:"Part"`
	}
	for _, done := range parts {
		list.Parts = append(list.Parts, part{done.Number, done.ETag})
	}
	text, err := xml.Marshal(list)
	if err != nil {
		return objectstore.Written{}, err
	}
	header := map[string]string{}
	rest.Set(header, aclHeader, u.acl)
	return u.publish(ctx, rest.Request{
		Operation: "CompleteMultipartUpload", Method: http.MethodPost, Query: map[string]string{"uploadId": u.id}, Header: header,
		Root: "CompleteMultipartUploadResult", Patient: true,
	}.Document(text), whole, guard)
}

// publish sends the request that makes the object visible.
func (u *upload) publish(ctx context.Context, r rest.Request, whole multipart.Whole, guard objectstore.Guard) (objectstore.Written, error) {
	r.Key, r.Before = u.Key, guard.Look
	forbidOverwrite(r.Header, guard.IfAbsent)
	answer, err := u.service.Do(ctx, r)
	if err != nil {
		return objectstore.Written{}, err
	}
	result := written(answer.Header.Get("Etag"), answer.Header)
	if !whole.Copied {
		result.Garbled = u.compare(r, answer.Header, whole.Sums)
	}
	return result, nil
}

// written is the answer to a write.
func written(etag string, header http.Header) objectstore.Written {
	return objectstore.Written{ETag: wire.Unquote(etag), VersionID: version(header), At: rest.Date(header)}
}

// at is OSS's clock as it answered.
// compare looks at x-oss-hash-crc64ecma, which OSS sends with PutObject, UploadPart and CompleteMultipartUpload ("Check data integrity by using
// CRC-64").
func (u *upload) compare(r rest.Request, header http.Header, sums checksum.Sums) error {
	got, want := header.Get("X-Oss-Hash-Crc64ecma"), strconv.FormatUint(sums.CRC64ECMA, 10)
	if got == "" || got == want {
		return nil
	}
	return u.service.Fail(r, wire.NewExplained(blob.ErrSourceChanged,
		"Something between here and OSS changes bodies: look for a proxy, or a defect of memory; then run again.",
		"the bytes have CRC-64 %s, and OSS says that it has %s", want, got))
}

// AbortUpload sends one AbortMultipartUpload.
func (d *driver) AbortUpload(ctx context.Context, key, id string, once bool) error {
	r := rest.Request{Operation: "AbortMultipartUpload", Method: http.MethodDelete, Key: key, Query: map[string]string{"uploadId": id}}
	if once {
		r.Repeat = rest.Never
	}
	_, err := d.service.Do(ctx, r)
	return err
}

// forbidOverwrite makes OSS refuse to replace an object, unless the bucket has versions.
func forbidOverwrite(header map[string]string, isAbsent bool) {
	if isAbsent {
		header["X-Oss-Forbid-Overwrite"] = "true"
	}
}
