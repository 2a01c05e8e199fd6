package ossblob

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// maxKeys is the most that OSS lists in one page; without it there are 100.
const maxKeys = 1000

type listing struct {
	XMLName               xml.Name `xml:"ListBucketResult"`
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
func (s *Store) List(ctx context.Context, q blob.Query) (blob.Page, error) {
	count := maxKeys
	if q.Max > 0 && q.Max < maxKeys {
		count = q.Max
	}
	r := request{
		operation: "ListObjectsV2", method: http.MethodGet,
		query: map[string]string{
			"list-type": "2", "max-keys": strconv.Itoa(count),
			"encoding-type": "url", // XML cannot hold every key
		},
	}
	for name, value := range map[string]string{"prefix": q.Prefix, "delimiter": q.Delimiter, "continuation-token": q.Token} {
		if value != "" {
			r.query[name] = value
		}
	}
	got, err := s.do(ctx, r)
	if err != nil {
		return blob.Page{}, s.about(q.Prefix, err)
	}
	var list listing
	if err := xml.Unmarshal(got.body, &list); err != nil {
		return blob.Page{}, s.about(q.Prefix, s.fail(r, &strangeAnswerError{"the listing cannot be read: " + err.Error()}))
	}
	page, err := list.page()
	if err == nil {
		err = wire.CheckPage(q, page)
	}
	if err != nil {
		return blob.Page{}, s.about(q.Prefix, s.fail(r, &strangeAnswerError{err.Error()}))
	}
	return page, nil
}

func (l *listing) page() (blob.Page, error) {
	decode := func(text string) (string, error) { return text, nil }
	if l.EncodingType == "url" {
		decode = url.QueryUnescape
	}
	var page blob.Page
	for _, object := range l.Contents {
		key, err := decode(object.Key)
		if err != nil {
			return blob.Page{}, fmt.Errorf("a key is not encoded as announced: %w", err)
		}
		page.Infos = append(page.Infos, blob.Info{Key: key, Size: object.Size, ETag: unquote(object.ETag), ModTime: date(object.LastModified)})
	}
	for _, common := range l.CommonPrefixes {
		prefix, err := decode(common)
		if err != nil {
			return blob.Page{}, fmt.Errorf("a prefix is not encoded as announced: %w", err)
		}
		page.Prefixes = append(page.Prefixes, prefix)
	}
	if !l.IsTruncated {
		return page, nil
	}
	// The SDK decodes it too (type.go, decodeListObjectsResultV2).
	next, err := decode(l.NextContinuationToken)
	if err != nil || next == "" {
		return blob.Page{}, fmt.Errorf("the store says that there is more, and not how to get it")
	}
	page.Next = next
	return page, nil
}
