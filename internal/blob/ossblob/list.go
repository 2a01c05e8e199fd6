package ossblob

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/rest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// maxKeys is the most that OSS lists in one page; without it there are 100.
const maxKeys = 1000

type listing struct {
	EncodingType          string
	IsTruncated           bool
	NextContinuationToken string
	Contents              []struct {
		Key          string
		ETag         string
		Size         int64
		LastModified string
	}
	CommonPrefixes []string `xml:"CommonPrefixes>Prefix"`
}

// List sends one ListObjectsV2.
func (d *driver) List(ctx context.Context, q blob.Query) (blob.Page, error) {
	count := maxKeys
	if q.Max > 0 && q.Max < maxKeys {
		count = q.Max
	}
	query := map[string]string{
		"list-type": "2", "max-keys": strconv.Itoa(count),
		"encoding-type": "url", // XML cannot hold every key
	}
	set(query, "prefix", q.Prefix)
	set(query, "delimiter", q.Delimiter)
	set(query, "continuation-token", q.Token)
	var list listing
	r := rest.Request{Operation: "ListObjectsV2", Method: http.MethodGet, Query: query, Root: "ListBucketResult"}
	if _, err := d.service.Decode(ctx, r, &list); err != nil {
		return blob.Page{}, err
	}
	return list.page()
}

func (l *listing) page() (blob.Page, error) {
	decode := decoder(l.EncodingType)
	var page blob.Page
	for _, object := range l.Contents {
		key, err := decode(object.Key)
		if err != nil {
			return blob.Page{}, wire.Strange("a key is not encoded as announced: %s", err)
		}
		page.Infos = append(page.Infos, blob.Info{Key: key, Size: object.Size, ETag: unquote(object.ETag), ModTime: date(object.LastModified)})
	}
	for _, common := range l.CommonPrefixes {
		prefix, err := decode(common)
		if err != nil {
			return blob.Page{}, wire.Strange("a prefix is not encoded as announced: %s", err)
		}
		page.Prefixes = append(page.Prefixes, prefix)
	}
	if !l.IsTruncated {
		return page, nil
	}
	// The SDK decodes it too (type.go, decodeListObjectsResultV2).
	next, err := decode(l.NextContinuationToken)
	if err != nil || next == "" {
		return blob.Page{}, wire.Strange("the listing is cut off, and does not tell how it goes on")
	}
	page.Next = next
	return page, nil
}

// decoder reads keys as the answer says that they are encoded.
func decoder(encoding string) func(string) (string, error) {
	if encoding == "url" {
		return url.QueryUnescape
	}
	return func(text string) (string, error) { return text, nil }
}

// ListUploads sends one ListMultipartUploads.
func (d *driver) ListUploads(ctx context.Context, prefix string, after objectstore.Marker) (objectstore.UploadPage, error) {
	r := rest.Request{
		Operation: "ListMultipartUploads", Method: http.MethodGet, Root: "ListMultipartUploadsResult", Repeat: rest.Never,
		Query: map[string]string{
			"uploads": "", "prefix": prefix, "max-uploads": strconv.Itoa(maxKeys),
			"encoding-type": "url", // XML cannot hold every key
		},
	}
	set(r.Query, "key-marker", after.Key)
	set(r.Query, "upload-id-marker", after.ID)
	var list struct {
		EncodingType       string
		IsTruncated        bool
		NextKeyMarker      string
		NextUploadIDMarker string `xml:"NextUploadIdMarker"`
		Uploads            []struct {
			Key       string
			UploadID  string `xml:"UploadId"`
			Initiated string
		} `xml:"Upload"`
	}
	answer, err := d.service.Decode(ctx, r, &list)
	if err != nil {
		return objectstore.UploadPage{}, err
	}
	decode := decoder(list.EncodingType)
	page := objectstore.UploadPage{Now: at(answer.Header)}
	for _, upload := range list.Uploads {
		if key, err := decode(upload.Key); err == nil { // else it is no key that anybody looks for
			page.Uploads = append(page.Uploads, objectstore.KeyedUpload{
				Key: key, OpenUpload: blob.OpenUpload{ID: upload.UploadID, Begun: date(upload.Initiated)},
			})
		}
	}
	if key, err := decode(list.NextKeyMarker); err == nil && list.IsTruncated && key != "" {
		page.Next = objectstore.Marker{Key: key, ID: list.NextUploadIDMarker}
	}
	return page, nil
}

// AbortUpload sends one AbortMultipartUpload.
func (d *driver) AbortUpload(ctx context.Context, key, id string) error {
	return d.abort(ctx, key, id, rest.Never)
}
