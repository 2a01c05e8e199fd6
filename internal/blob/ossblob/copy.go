package ossblob

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
)

// CanCopy: buckets that are reached in the same way, and so are in one region, as OSS wants it for a copy. A field that Config gets
// later counts too.
func (u *upload) CanCopy(from blob.Store) bool {
	other, ok := from.(*Store)
	if !ok {
		return false
	}
	here, there := u.store.config, other.config
	here.Budget, there.Budget = nil, nil // of the bytes that pass through here
	here.Ledger, there.Ledger = nil, nil
	return reflect.DeepEqual(here, there)
}

// BeginCopy is Begin, after which no CRC-64 is compared.
func (u *upload) BeginCopy(ctx context.Context, _ blob.Store, _ blob.Info) error {
	u.copied = true
	return u.Begin(ctx)
}

// CopyPart sends one UploadPartCopy to the regional endpoint, as no bytes go there that could be accelerated. Its failures name the source.
func (u *upload) CopyPart(ctx context.Context, part multipart.CopiedPart) (string, error) {
	from, ok := part.From.(*Store)
	if !ok {
		return "", errors.ErrUnsupported
	}
	source := copySource(from.bucket, part.Object.Key, part.Object.ETag)
	result, _, err := u.store.copy(ctx, partCopy(u.key, u.id, part.Number, source, part.First, part.Length))
	var failure *blob.Error
	if errors.As(err, &failure) {
		failure.URI = "oss://" + from.bucket + "/" + part.Object.Key
		if errors.Is(err, blob.ErrChanged) || errors.Is(err, fs.ErrNotExist) {
			failure.Err = blob.ErrSourceChanged
		}
	}
	return result.ETag, err
}

// partCopy is the copy of bytes of a source. It may be sent twice: the later part of one number replaces the earlier.
func partCopy(key, id string, number int32, source map[string]string, first, length int64) request {
	source["X-Oss-Copy-Source-Range"] = fmt.Sprintf("bytes=%d-%d", first, first+length-1)
	return request{
		operation: "UploadPartCopy", method: http.MethodPut, key: key, header: source, patient: true,
		query: map[string]string{"partNumber": strconv.Itoa(int(number)), "uploadId": id},
	}
}

// copySource is the header of a copy. Every byte of the key is escaped but "/", as a "+" would arrive as a space. It names no version: the
// condition on the ETag says which one is meant, and to read a version by its ID takes a permission of its own.
func copySource(bucket, key, etag string) map[string]string {
	escaped := strings.NewReplacer("+", "%20", "%2F", "/").Replace(url.QueryEscape(key))
	return map[string]string{"X-Oss-Copy-Source": "/" + bucket + "/" + escaped, "X-Oss-Copy-Source-If-Match": quote(etag)}
}

// copied is what CopyObject and UploadPartCopy answer.
type copied struct {
	ETag         string
	LastModified string
}

// copy sends a CopyObject or an UploadPartCopy.
func (s *Store) copy(ctx context.Context, r request) (copied, http.Header, error) {
	got, err := s.do(ctx, r)
	if err != nil {
		return copied{}, nil, err
	}
	var result copied
	if err := xml.Unmarshal(got.body, &result); err != nil || result.ETag == "" {
		return copied{}, nil, s.fail(r, errNoETag)
	}
	return result, got.header, nil
}
