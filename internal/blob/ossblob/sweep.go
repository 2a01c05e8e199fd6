package ossblob

import (
	"context"
	"encoding/xml"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/ledger"
)

// uploadPages bounds how many pages of open uploads are asked for. Nobody has as many of one key.
const uploadPages = 5

// place is how the ledger knows a key.
func (s *Store) place(conn *connection, key string) ledger.Place {
	return ledger.Place{Endpoint: conn.places.endpoint, Bucket: s.bucket, Key: key}
}

// sweep throws away what earlier writes of the key left.
func (s *Store) sweep(ctx context.Context, conn *connection, key string, byParts bool) {
	s.config.Ledger.Sweep(ctx, s, s.place(conn, key), byParts && !s.unlisted.Load())
}

type uploadListing struct {
	XMLName            xml.Name `xml:"ListMultipartUploadsResult"`
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

// OpenUploads sends one ListMultipartUploads, and more only while all uploads of a page are the key's. They come in the order of keys, and the
// key itself is before those that it begins.
func (s *Store) OpenUploads(ctx context.Context, key string) (blob.OpenUploads, error) {
	r := request{
		operation: "ListMultipartUploads", method: http.MethodGet, single: true,
		query: map[string]string{
			"uploads": "", "prefix": key, "max-uploads": strconv.Itoa(maxKeys),
			"encoding-type": "url", // XML cannot hold every key
		},
	}
	var open blob.OpenUploads
	for range uploadPages {
		got, err := s.do(ctx, r)
		if err != nil {
			if isLasting(err) {
				s.unlisted.Store(true)
			}
			return blob.OpenUploads{}, s.about(key, err)
		}
		var list uploadListing
		if err := xml.Unmarshal(got.body, &list); err != nil {
			return blob.OpenUploads{}, s.fail(r, &strangeAnswerError{"the listing cannot be read: " + err.Error()})
		}
		if told, err := http.ParseTime(got.header.Get("Date")); err == nil {
			open.Now = told
		}
		if !list.gather(key, &open) || list.NextKeyMarker == "" {
			break
		}
		r.query["key-marker"], r.query["upload-id-marker"] = list.decode(list.NextKeyMarker), list.NextUploadIDMarker
	}
	if open.Now.IsZero() {
		open.Now = time.Now()
	}
	return open, nil
}

// gather takes the uploads of the key, and says whether the next page may have more of them.
func (l *uploadListing) gather(key string, open *blob.OpenUploads) (more bool) {
	more = l.IsTruncated
	for _, upload := range l.Uploads {
		if l.decode(upload.Key) != key {
			more = false
			continue
		}
		if upload.UploadID != "" {
			open.Uploads = append(open.Uploads, blob.OpenUpload{ID: upload.UploadID, Begun: date(upload.Initiated)})
		}
	}
	return more
}

// decode leaves what is not encoded as announced: it is no key that anybody asks for.
func (l *uploadListing) decode(text string) string {
	if decoded, err := url.QueryUnescape(text); err == nil && l.EncodingType == "url" {
		return decoded
	}
	return text
}

// isLasting: the next write would meet the same, or wait as long.
func isLasting(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, errors.ErrUnsupported) || errors.Is(err, context.DeadlineExceeded)
}

// AbortUpload sends one AbortMultipartUpload.
func (s *Store) AbortUpload(ctx context.Context, key, id string) error {
	return s.abortBy(ctx, key, id, true)
}
