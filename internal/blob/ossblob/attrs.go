package ossblob

import (
	"context"
	"encoding/xml"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// abortTimeout bounds the clean-up after a copy that failed.
const abortTimeout = 30 * time.Second

// SetAttrs sends one HeadObject and, if something changes, one GetObjectACL and one CopyObject of the object onto itself; above 1 GB a
// copy by parts, and a GetObjectTagging before.
//
// IfMatch says less than on S3: the ETag of an object that was not sent by parts is the MD5 of its bytes, so that it stays the
// same when the same bytes get other attributes.
//
// An object that was made by appending becomes a normal one.
func (s *Store) SetAttrs(ctx context.Context, key string, cond blob.Cond, edit func(*blob.Attrs)) (blob.Info, error) {
	head, err := s.head(ctx, key)
	if err != nil {
		return blob.Info{}, err
	}
	info := infoOf(key, head)
	if cond.IfMatch != "" && cond.IfMatch != info.ETag {
		return blob.Info{}, s.unmet(key, blob.ErrChanged)
	}
	attrs := info.Attrs.Clone()
	edit(&attrs)
	if attrs.Equal(*info.Attrs) {
		return info, nil
	}
	acl, err := s.acl(ctx, key)
	if err != nil {
		return blob.Info{}, err
	}
	info.Attrs = &attrs
	to := &selfCopy{store: s, key: key, header: keptHeader(head, attrs), acl: acl, seen: blob.Cond{IfMatch: info.ETag}}
	if info.Size > s.copyLimit {
		return to.byParts(ctx, info)
	}
	return to.whole(ctx, info)
}

// keptNames are the headers of HeadObject's answer that a new object is given again: what is not sent is lost.
var keptNames = []string{
	"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires",
	"X-Oss-Storage-Class",
	"X-Oss-Server-Side-Encryption", "X-Oss-Server-Side-Data-Encryption", "X-Oss-Server-Side-Encryption-Key-Id",
}

func keptHeader(head http.Header, attrs blob.Attrs) map[string]string {
	header := attrsHeader(attrs)
	for _, name := range keptNames {
		if value := head.Get(name); value != "" {
			header[name] = value
		}
	}
	return header
}

// acl is the object's own ACL; "" where the bucket's counts, or nobody may know: then a copy cannot keep it.
func (s *Store) acl(ctx context.Context, key string) (string, error) {
	r := request{operation: "GetObjectACL", method: http.MethodGet, key: key, query: map[string]string{"acl": ""}}
	got, err := s.do(ctx, r)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, errors.ErrUnsupported) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	var policy struct {
		XMLName xml.Name `xml:"AccessControlPolicy"`
		Grant   string   `xml:"AccessControlList>Grant"`
	}
	if err := xml.Unmarshal(got.body, &policy); err != nil {
		return "", s.fail(r, &strangeAnswerError{"the ACL cannot be read: " + err.Error()})
	}
	if policy.Grant == "default" {
		return "", nil
	}
	return policy.Grant, nil
}

// tags are the object's tags as a query, which a copy by parts does not take along.
func (s *Store) tags(ctx context.Context, key string) (string, error) {
	r := request{operation: "GetObjectTagging", method: http.MethodGet, key: key, query: map[string]string{"tagging": ""}}
	got, err := s.do(ctx, r)
	if err != nil {
		return "", err
	}
	var tagging struct {
		XMLName xml.Name                      `xml:"Tagging"`
		Tags    []struct{ Key, Value string } `xml:"TagSet>Tag"`
	}
	if err := xml.Unmarshal(got.body, &tagging); err != nil {
		return "", s.fail(r, &strangeAnswerError{"the tags cannot be read: " + err.Error()})
	}
	tags := url.Values{}
	for _, tag := range tagging.Tags {
		tags.Set(tag.Key, tag.Value)
	}
	return strings.ReplaceAll(tags.Encode(), "+", "%20"), nil
}
