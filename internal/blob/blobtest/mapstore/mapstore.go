package mapstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"strings"
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

// Store is one bucket.
type Store struct {
	*objectstore.Store

	driver *driver
}

// driver sends the requests of one bucket.
type driver struct {
	config Config
	bucket string
	client *http.Client
	rest   rest.Service
}

var (
	_ objectstore.Driver       = (*driver)(nil)
	_ objectstore.UploadLister = (*driver)(nil)
)

// New returns the store of a bucket.
func New(config Config, bucket string, tuning objectstore.Tuning) *Store {
	if tuning.Limits == (wire.Limits{}) {
		tuning.Limits = wire.DefaultLimits()
	}
	transport := &http.Transport{}
	wire.Bound(transport, tuning.Dial, tuning.Limits)
	d := &driver{config: config, bucket: bucket, client: wire.Client(transport, tuning.Limits)}
	retries := 2
	if config.MaxRetries != nil {
		retries = *config.MaxRetries
	}
	d.rest = rest.Service{
		Send: d.send, Check: check, Proves: proves, Where: func(rest.Request) string { return config.Endpoint },
		Retries: retries, FirstPause: cmp.Or(tuning.FirstPause, time.Millisecond), LongestPause: tuning.LongestPause,
	}
	settings := config
	settings.Common = config.WithoutBudget()
	traits := traits
	traits.InOrder = config.InOrder
	lazy := objectstore.NewLazy(func(context.Context) (*driver, error) { return d, nil })
	return &Store{objectstore.New(bucket, traits, config.Common, tuning, settings, lazy), d}
}

// Close ends the idle connections.
func (s *Store) Close() { s.driver.client.CloseIdleConnections() }

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
	},
	Permissions: map[string]string{"Head": "reading"},
	Words: objectstore.Words{
		NotAStore: "the answer is not that of a map", NoStore: "Check the address.", Strange: "Check what answers there.", Region: "Move.",
	},
}

const metaPrefix = "X-Map-Meta-"

func (d *driver) send(ctx context.Context, r rest.Request, body io.Reader) (*http.Response, error) {
	address := d.config.Endpoint + "/" + url.PathEscape(d.bucket+"/"+r.Key) + "?"
	query := url.Values{}
	for name, value := range r.Query {
		query.Set(name, value)
	}
	request, err := http.NewRequestWithContext(ctx, r.Method, address+query.Encode(), body)
	if err != nil {
		return nil, err
	}
	request.ContentLength = r.Size
	for name, value := range r.Header {
		request.Header.Set(name, value)
	}
	return d.client.Do(request)
}

// proves accepts what package faultproxy refuses with, too.
func proves(header http.Header) bool {
	return header.Get("X-Map-Store") != "" || header.Get("X-Amz-Request-Id") == "FAULTPROXY"
}

func check(_ rest.Request, response *http.Response, body []byte) error {
	switch code := response.Header.Get("X-Map-Code"); {
	case !proves(response.Header):
		return &wire.PageError{Status: response.StatusCode, Lacks: "X-Map-Store"}
	case response.StatusCode/100 != 2:
		return &wire.RefusalError{Status: response.StatusCode, Code: code, Message: string(body)}
	}
	return nil
}

func (d *driver) Reach() objectstore.Reach {
	return objectstore.Reach{Endpoint: d.config.Endpoint, Account: d.config.Endpoint}
}
func (d *driver) Conditions() objectstore.Conditions      { return d.config.Conditions }
func (d *driver) Describe(_ *blob.Error, err error) error { return err }
func (d *driver) do(ctx context.Context, r rest.Request) (http.Header, error) {
	answer, err := d.rest.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	return answer.Header, nil
}

func (d *driver) Head(ctx context.Context, key string) (objectstore.Found, error) {
	header, err := d.do(ctx, rest.Request{Operation: "Head", Method: http.MethodHead, Key: key})
	if err != nil {
		return objectstore.Found{}, err
	}
	info := infoOf(key, header)
	info.Size = length(header)
	return objectstore.Found{Info: info}, nil
}

func infoOf(key string, header http.Header) blob.Info {
	stored := map[string]string{}
	for name := range header {
		if meta, ok := strings.CutPrefix(name, metaPrefix); ok {
			stored[meta], _ = url.QueryUnescape(header.Get(name))
		}
	}
	changed, _ := time.Parse(time.RFC3339Nano, header.Get("X-Map-Changed"))
	return blob.Info{Key: key, ETag: unquote(header), ModTime: changed, Attrs: blob.ParseMetadata(header.Get("Content-Type"), stored)}
}

func unquote(header http.Header) string { return strings.Trim(header.Get("ETag"), `"`) }

func length(header http.Header) int64 {
	n, err := strconv.ParseInt(header.Get("Content-Length"), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

func (d *driver) Get(ctx context.Context, key string, r objectstore.Range, ifMatch string) (objectstore.Response, error) {
	request := rest.Request{Operation: "Get", Method: http.MethodGet, Key: key, Stream: true, Header: conditions(objectstore.Guard{IfMatch: ifMatch})}
	if !r.IsWhole() {
		last := ""
		if r.Length > 0 {
			last = strconv.FormatInt(r.First+r.Length-1, 10)
		}
		request.Header["Range"] = fmt.Sprintf("bytes=%d-%s", r.First, last)
	}
	answer, err := d.rest.Do(ctx, request)
	if err != nil {
		return objectstore.Response{}, err
	}
	return objectstore.Response{
		Info: infoOf(key, answer.Header), Body: answer.Stream, Length: length(answer.Header), ContentRange: answer.Header.Get("Content-Range"),
	}, nil
}

func (d *driver) list(ctx context.Context, r rest.Request, most int) (page, error) {
	r.Method, r.Query["max"] = http.MethodGet, strconv.Itoa(min(cmp.Or(most, 1000), 1000))
	var found page
	if _, err := d.rest.Decode(ctx, r, &found); err != nil {
		return page{}, err
	}
	var err error
	decode := func(text *string) {
		decoded, wrong := url.QueryUnescape(*text)
		*text, err = decoded, errors.Join(err, wrong)
	}
	decode(&found.Next)
	for i := range found.Entries {
		decode(&found.Entries[i].Key)
	}
	for i := range found.Prefixes {
		decode(&found.Prefixes[i])
	}
	if err != nil {
		return page{}, wire.Strange("a key is not encoded: %s", err)
	}
	return found, nil
}

func (d *driver) List(ctx context.Context, q blob.Query) (blob.Page, error) {
	found, err := d.list(ctx, rest.Request{Operation: "List", Query: map[string]string{
		"list-type": "2", "prefix": q.Prefix, "delimiter": q.Delimiter, "token": q.Token,
	}}, q.Max)
	result := blob.Page{Prefixes: found.Prefixes, Next: found.Next}
	for _, e := range found.Entries {
		result.Infos = append(result.Infos, blob.Info{Key: e.Key, Size: e.Size, ETag: e.ETag, ModTime: e.Changed})
	}
	return result, err
}

func (d *driver) ListUploads(ctx context.Context, prefix string, after objectstore.Marker) (objectstore.UploadPage, error) {
	found, err := d.list(ctx, rest.Request{Operation: "ListUploads", Repeat: rest.Never, Query: map[string]string{
		"uploads": "", "prefix": prefix, "token": after.Key,
	}}, 2)
	result := objectstore.UploadPage{Next: objectstore.Marker{Key: found.Next}}
	for _, e := range found.Entries {
		result.Uploads = append(result.Uploads, objectstore.KeyedUpload{Key: e.Key, OpenUpload: blob.OpenUpload{ID: e.ID, Begun: e.Changed}})
	}
	return result, err
}

func (d *driver) AbortUpload(ctx context.Context, key, id string) error {
	return d.abort(ctx, key, id, rest.Never)
}

func (d *driver) abort(ctx context.Context, key, id string, repeat rest.Repeat) error {
	_, err := d.do(ctx, rest.Request{Operation: "Abort", Method: http.MethodDelete, Key: key, Query: map[string]string{"uploadId": id}, Repeat: repeat})
	return err
}

func (d *driver) Delete(ctx context.Context, key, _ string, guard objectstore.Guard) error {
	_, err := d.do(ctx, rest.Request{Operation: "Delete", Method: http.MethodDelete, Key: key, Header: conditions(guard), Before: guard.Look})
	return err
}

func conditions(guard objectstore.Guard) map[string]string {
	header := map[string]string{}
	if guard.IfMatch != "" {
		header["If-Match"] = `"` + guard.IfMatch + `"`
	}
	if guard.IfAbsent {
		header["If-None-Match"] = "*"
	}
	return header
}

// attributes are the headers of a write.
func attributes(attrs blob.Attrs, header map[string]string) map[string]string {
	for name, value := range attrs.StoredMetadata() {
		header[metaPrefix+name] = url.QueryEscape(value)
	}
	if attrs.ContentType != "" {
		header["Content-Type"] = attrs.ContentType
	}
	return header
}

func (d *driver) Rewrite(ctx context.Context, found objectstore.Found, attrs blob.Attrs) (objectstore.Written, error) {
	return d.write(ctx, rest.Request{
		Operation: "Patch", Method: http.MethodPatch, Key: found.Key, Header: attributes(attrs, conditions(objectstore.Guard{IfMatch: found.ETag})),
	})
}

func (d *driver) write(ctx context.Context, r rest.Request) (objectstore.Written, error) {
	header, err := d.do(ctx, r)
	at, _ := http.ParseTime(header.Get("Date"))
	return objectstore.Written{ETag: unquote(header), At: at}, err
}

func (d *driver) Upload(_ context.Context, to objectstore.Target) (objectstore.Upload, error) {
	return &sending{driver: d, key: to.Key}, nil
}

// sending is one object on its way.
type sending struct {
	*driver

	key, id string
	copies  bool
}

func (u *sending) Sums() checksum.Set { return checksum.CRC64NVME }

func encode(sum uint64) string { return strconv.FormatUint(sum, 16) }

func (u *sending) Put(ctx context.Context, body *multipart.Body, whole multipart.Whole, attrs blob.Attrs, guard objectstore.Guard) (objectstore.Written, error) {
	r := rest.Request{Operation: "Put", Method: http.MethodPut, Key: u.key, Header: attributes(attrs, conditions(guard)), Before: guard.Look}
	r.Header["X-Map-Crc"] = encode(whole.Sums.CRC64NVME)
	if body.Size() > 0 {
		r.Body, r.Size = body, body.Size()
	}
	return u.write(ctx, r)
}

func (u *sending) Begin(ctx context.Context, begin objectstore.Begin) (string, error) {
	u.copies = begin.Copies
	header, err := u.do(ctx, rest.Request{
		Operation: "Begin", Method: http.MethodPost, Key: u.key, Repeat: rest.IfUndone,
		Query: map[string]string{"uploads": ""}, Header: attributes(begin.Attrs, map[string]string{}),
	})
	u.id = header.Get("X-Map-Upload")
	return u.id, err
}

func (u *sending) part(ctx context.Context, r rest.Request, number int32) (string, error) {
	r.Method, r.Key, r.Query = http.MethodPut, u.key, map[string]string{"uploadId": u.id, "partNumber": strconv.Itoa(int(number))}
	written, err := u.write(ctx, r)
	return written.ETag, err
}

func (u *sending) Part(ctx context.Context, part multipart.Part) (string, error) {
	return u.part(ctx, rest.Request{
		Operation: "Part", Header: map[string]string{"X-Map-Crc": encode(part.Sums.CRC64NVME)}, Body: part.Body, Size: part.Body.Size(),
	}, part.Number)
}

func (u *sending) CopyPart(ctx context.Context, from objectstore.Driver, part multipart.CopiedPart) (string, error) {
	return u.part(ctx, rest.Request{Operation: "CopyPart", Patient: true, Header: map[string]string{
		"X-Map-Copy-Source":   from.(*driver).bucket + "/" + url.PathEscape(part.Object.Key), //nolint:forcetypeassert // its settings are these
		"X-Map-Copy-If-Match": part.Object.ETag,
		"X-Map-Copy-Range":    fmt.Sprintf("%d-%d", part.First, part.First+part.Length-1),
	}}, part.Number)
}

func (u *sending) Complete(ctx context.Context, _ []multipart.Done, whole multipart.Whole, guard objectstore.Guard) (objectstore.Written, error) {
	header := conditions(guard)
	if !u.copies {
		header["X-Map-Crc"] = encode(whole.Sums.CRC64NVME)
	}
	return u.write(ctx, rest.Request{
		Operation: "Complete", Method: http.MethodPost, Key: u.key, Query: map[string]string{"uploadId": u.id}, Header: header, Before: guard.Look,
	})
}

func (u *sending) Abort(ctx context.Context) error { return u.abort(ctx, u.key, u.id, rest.Freely) }
