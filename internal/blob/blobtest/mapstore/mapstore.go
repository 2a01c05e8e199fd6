package mapstore

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/checksum"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/rest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// Config is how a bucket is reached.
type Config struct {
	objectstore.Common

	Endpoint   string
	InOrder    bool // the bucket takes parts one after another
	Conditions objectstore.Conditions
}

// New returns the store of a bucket, whose connections end with the test.
func New(t testing.TB, config Config, bucket string, tuning objectstore.Tuning) *objectstore.Store {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	traits := traits
	traits.InOrder = config.InOrder
	settings := config
	settings.Common = config.WithoutBudget()
	return objectstore.New(bucket, traits, config.Common, tuning, settings, objectstore.NewLazy(func(context.Context) (*driver, error) {
		wire.Bound(transport, tuning.Dial, tuning.Limits)
		d := &driver{config: config, bucket: bucket, client: wire.Client(transport, tuning.Limits)}
		d.service = rest.Service{
			Send: d.send, Proves: proves, Check: check, Unmarshal: json.Unmarshal, Where: func(rest.Request) string { return config.Endpoint },
			Retries: config.Retries(2), FirstPause: cmp.Or(tuning.FirstPause, time.Millisecond), LongestPause: tuning.LongestPause,
		}
		return d, nil
	}))
}

// All is the same enforcement of every condition.
func All(enforcement objectstore.Enforcement) (conditions objectstore.Conditions) {
	for kind := range conditions {
		conditions[kind] = enforcement
	}
	return conditions
}

var traits = objectstore.Traits{
	Scheme: "map",
	Names: objectstore.Names{
		Head: "Head", Get: "Get", List: "List", Delete: "Delete", Rewrite: "Patch", Put: "Put", Begin: "Begin", Part: "Part",
		CopyPart: "CopyPart", Complete: "Complete", Abort: "Abort", ListUploads: "ListUploads",
	},
	CopyLimit: 1 << 30,
	Limits:    multipart.Limits{CopyPart: 1 << 20},
	Aborted:   "NoSuchUpload",
	Meanings: map[string]wire.Meaning{
		"NoSuchKey":    {Err: fs.ErrNotExist},
		"NoSuchBucket": {Err: blob.ErrNoBucket, Advice: "Make the bucket."},
		"NoSuchUpload": {Err: blob.ErrChanged},
		"BadDigest":    {Err: blob.ErrSourceChanged},
		"Conflict":     {Err: blob.ErrChanged},
	},
	Permissions: map[string]string{"Head": "reading"},
	Words: objectstore.Words{
		NotAStore: "the answer is not that of a map", NoStore: "Check the address.", Strange: "Check what answers there.", Region: "Move.",
	},
}

// driver sends the requests of one bucket.
type driver struct {
	config  Config
	bucket  string
	client  *http.Client
	service rest.Service
}

var (
	_ objectstore.Driver       = (*driver)(nil)
	_ objectstore.UploadLister = (*driver)(nil)
)

// send is rest.Service.Send.
func (d *driver) send(ctx context.Context, r rest.Request, body io.Reader) (*http.Response, error) {
	query := url.Values{}
	for name, value := range r.Query {
		query.Set(name, value)
	}
	address := d.config.Endpoint + "/" + url.PathEscape(d.bucket+"/"+r.Key) + "?" + query.Encode()
	request, err := http.NewRequestWithContext(ctx, r.Method, address, body)
	if err != nil {
		return nil, err
	}
	request.ContentLength = r.Size()
	for name, value := range r.Header {
		request.Header.Set(name, value)
	}
	return d.client.Do(request)
}

// proves accepts what package faultproxy refuses with, too.
func proves(header http.Header) bool {
	return header.Get("X-Map-Store") != "" || header.Get("X-Amz-Request-Id") == "FAULTPROXY"
}

// check is rest.Service.Check.
func check(_ rest.Request, response *http.Response, body []byte) error {
	switch {
	case !proves(response.Header):
		return &wire.PageError{Status: response.StatusCode, Lacks: "X-Map-Store"}
	case response.StatusCode/100 != 2:
		return &wire.RefusalError{Status: response.StatusCode, Code: response.Header.Get("X-Map-Code"), Message: string(body)}
	}
	return nil
}

// Reach tells how the bucket is reached.
func (d *driver) Reach() objectstore.Reach {
	return objectstore.Reach{Endpoint: d.config.Endpoint, Account: d.config.Endpoint}
}

// Conditions are those that a test wants.
func (d *driver) Conditions() objectstore.Conditions { return d.config.Conditions }

const metaPrefix = "X-Map-Meta-"

// Head sends one HEAD.
func (d *driver) Head(ctx context.Context, key string) (objectstore.Found, error) {
	answer, err := d.service.Do(ctx, rest.Request{Operation: "Head", Method: http.MethodHead, Key: key})
	return objectstore.Found{Info: rest.Info(key, metaPrefix, answer.Header)}, err
}

// Get sends one GET.
func (d *driver) Get(ctx context.Context, key string, r objectstore.Range, ifMatch string) (objectstore.Response, error) {
	header := conditions(objectstore.Guard{IfMatch: ifMatch})
	rest.Set(header, "Range", r.Header())
	answer, err := d.service.Do(ctx, rest.Request{Operation: "Get", Method: http.MethodGet, Key: key, Header: header, Stream: true})
	return objectstore.Response{
		Info: rest.Info(key, metaPrefix, answer.Header), Body: answer.Stream, ContentRange: answer.Header.Get("Content-Range"),
	}, err
}

// List sends one GET of the bucket.
func (d *driver) List(ctx context.Context, q blob.Query) (blob.Page, error) {
	return d.list(ctx, rest.Request{Operation: "List", Query: map[string]string{
		"list-type": "2", "prefix": q.Prefix, "delimiter": q.Delimiter, "token": q.Token, "max": strconv.Itoa(q.Max),
	}})
}

func (d *driver) list(ctx context.Context, r rest.Request) (page blob.Page, err error) {
	r.Method = http.MethodGet
	_, err = d.service.Decode(ctx, r, &page)
	return page, err
}

// ListUploads sends one GET of the bucket's uploads, of which a page has two.
func (d *driver) ListUploads(ctx context.Context, prefix string, after objectstore.Marker) (objectstore.UploadPage, error) {
	found, err := d.list(ctx, rest.Request{Operation: "ListUploads", Repeat: rest.Never, Query: map[string]string{
		"uploads": "", "prefix": prefix, "token": after.Key, "max": "2",
	}})
	page := objectstore.UploadPage{Next: objectstore.Marker{Key: found.Next}}
	for _, info := range found.Infos {
		key, id, _ := strings.Cut(info.Key, "\x00")
		page.Uploads = append(page.Uploads, objectstore.KeyedUpload{Key: key, OpenUpload: blob.OpenUpload{ID: id, Begun: info.ModTime}})
	}
	return page, err
}

// AbortUpload sends one DELETE.
func (d *driver) AbortUpload(ctx context.Context, key, id string, once bool) error {
	r := rest.Request{Operation: "Abort", Method: http.MethodDelete, Key: key, Query: map[string]string{"uploadId": id}}
	if once {
		r.Repeat = rest.Never
	}
	_, err := d.service.Do(ctx, r)
	return err
}

// Delete sends one DELETE.
func (d *driver) Delete(ctx context.Context, key, _ string, guard objectstore.Guard) error {
	_, err := d.service.Do(ctx, rest.Request{Operation: "Delete", Method: http.MethodDelete, Key: key, Header: conditions(guard), Before: guard.Look})
	return err
}

// conditions are a guard's as a header has them.
func conditions(guard objectstore.Guard) map[string]string {
	header := map[string]string{}
	rest.Set(header, "If-Match", wire.Quote(guard.IfMatch))
	if guard.IfAbsent {
		header["If-None-Match"] = "*"
	}
	return header
}

// Rewrite sends one PATCH.
func (d *driver) Rewrite(ctx context.Context, found objectstore.Found, attrs blob.Attrs) (objectstore.Written, error) {
	return d.write(ctx, rest.Request{Operation: "Patch", Method: http.MethodPatch, Key: found.Key, Header: rest.Attrs(metaPrefix, attrs)},
		objectstore.Guard{IfMatch: found.ETag})
}

// write sends a request that makes an object visible.
func (d *driver) write(ctx context.Context, r rest.Request, guard objectstore.Guard) (objectstore.Written, error) {
	maps.Copy(r.Header, conditions(guard))
	r.Before = guard.Look
	answer, err := d.service.Do(ctx, r)
	return objectstore.Written{ETag: wire.Unquote(answer.Header.Get("ETag")), At: rest.Date(answer.Header)}, err
}

// upload is one object on its way.
type upload struct {
	*driver

	key, id string
}

// Upload sends nothing.
func (d *driver) Upload(_ context.Context, to objectstore.Target) (objectstore.Upload, error) {
	return &upload{driver: d, key: to.Key}, nil
}

// Sums is what the server compares.
func (u *upload) Sums() checksum.Set { return checksum.CRC64NVME }

const sumHeader = "X-Map-Crc"

func encode(sums checksum.Sums) string { return strconv.FormatUint(sums.CRC64NVME, 16) }

// Put sends one PUT.
func (u *upload) Put(ctx context.Context, body *multipart.Body, whole multipart.Whole, attrs blob.Attrs, guard objectstore.Guard) (objectstore.Written, error) {
	r := rest.Request{Operation: "Put", Method: http.MethodPut, Key: u.key, Header: rest.Attrs(metaPrefix, attrs), Body: body}
	r.Header[sumHeader] = encode(whole.Sums)
	return u.write(ctx, r, guard)
}

// Begin sends one POST, which is not repeated: an answer that is lost leaves an upload open that nobody knows.
func (u *upload) Begin(ctx context.Context, begin objectstore.Begin) (string, error) {
	answer, err := u.service.Do(ctx, rest.Request{
		Operation: "Begin", Method: http.MethodPost, Key: u.key, Repeat: rest.IfUndone,
		Query: map[string]string{"uploads": ""}, Header: rest.Attrs(metaPrefix, begin.Attrs),
	})
	u.id = answer.Header.Get("X-Map-Upload")
	return u.id, err
}

// Part sends one PUT.
func (u *upload) Part(ctx context.Context, part multipart.Part) (string, error) {
	return u.part(ctx, part.Number, rest.Request{Operation: "Part", Header: map[string]string{sumHeader: encode(part.Sums)}, Body: part.Body})
}

func (u *upload) part(ctx context.Context, number int32, r rest.Request) (string, error) {
	r.Method, r.Key, r.Query = http.MethodPut, u.key, map[string]string{"uploadId": u.id, "partNumber": strconv.Itoa(int(number))}
	answer, err := u.service.Do(ctx, r)
	return answer.Header.Get("ETag"), err
}

// CopyPart sends one PUT without a body.
func (u *upload) CopyPart(ctx context.Context, bucket string, part multipart.CopiedPart) (string, error) {
	return u.part(ctx, part.Number, rest.Request{Operation: "CopyPart", Header: map[string]string{
		"X-Map-Copy-Source":   url.PathEscape(bucket + "/" + part.Object.Key),
		"X-Map-Copy-If-Match": wire.Quote(part.Object.ETag),
		"X-Map-Copy-Range":    objectstore.Range{First: part.First, Length: part.Length}.Header(),
	}})
}

// Complete sends one POST.
func (u *upload) Complete(ctx context.Context, _ []multipart.Done, whole multipart.Whole, guard objectstore.Guard) (objectstore.Written, error) {
	r := rest.Request{
		Operation: "Complete", Method: http.MethodPost, Key: u.key, Query: map[string]string{"uploadId": u.id}, Header: map[string]string{},
	}
	if !whole.Copied {
		r.Header[sumHeader] = encode(whole.Sums)
	}
	return u.write(ctx, r, guard)
}
