package ossblob

import (
	"context"
	"net/http"
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
	rest.Set(query, "prefix", q.Prefix)
	rest.Set(query, "delimiter", q.Delimiter)
	rest.Set(query, "continuation-token", q.Token)
	var list listing
	r := rest.Request{Operation: "ListObjectsV2", Method: http.MethodGet, Query: query, Root: "ListBucketResult"}
	if _, err := d.service.Decode(ctx, r, &list); err != nil {
		return blob.Page{}, err
	}
	return list.page()
}

func (l *listing) page() (blob.Page, error) {
	names := wire.Names{Encoded: l.EncodingType == "url"}
	var page blob.Page
	for _, object := range l.Contents {
		page.Infos = append(page.Infos, blob.Info{
			Key: names.Decode(object.Key), Size: object.Size, ETag: wire.Unquote(object.ETag), ModTime: date(object.LastModified),
		})
	}
	for _, common := range l.CommonPrefixes {
		page.Prefixes = append(page.Prefixes, names.Decode(common))
	}
	if l.IsTruncated {
		page.Next = names.Decode(l.NextContinuationToken) // as the SDK does (type.go, decodeListObjectsResultV2)
		if page.Next == "" {
			return blob.Page{}, wire.Strange("the listing is cut off, and does not tell how it goes on")
		}
	}
	return page, names.Err
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
	rest.Set(r.Query, "key-marker", after.Key)
	rest.Set(r.Query, "upload-id-marker", after.ID)
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
	names := wire.Names{Encoded: list.EncodingType == "url"}
	page := objectstore.UploadPage{Now: rest.Date(answer.Header)}
	for _, upload := range list.Uploads {
		page.Uploads = append(page.Uploads, objectstore.KeyedUpload{
			Key: names.Decode(upload.Key), OpenUpload: blob.OpenUpload{ID: upload.UploadID, Begun: date(upload.Initiated)},
		})
	}
	if key := names.Decode(list.NextKeyMarker); list.IsTruncated && key != "" {
		page.Next = objectstore.Marker{Key: key, ID: list.NextUploadIDMarker}
	}
	return page, nil // a name that is not encoded as announced is none that anybody looks for
}
