package ossblob

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/rest"
)

// Rewrite sends one GetObjectACL and one CopyObject of the object onto itself.
// It may be sent twice: it says what is to be.
// An object that was made by appending becomes a normal one.
func (d *driver) Rewrite(ctx context.Context, found objectstore.Found, attrs blob.Attrs) (objectstore.Written, error) {
	acl, err := d.aclOf(ctx, found.Key)
	if err != nil {
		return objectstore.Written{}, err
	}
	header := copySource(d.bucket, found.Info)
	maps.Copy(header, rest.Attrs(metaPrefix, attrs))
	keepHeader(found, header)
	header["X-Oss-Metadata-Directive"] = "REPLACE"
	header["X-Oss-Tagging-Directive"] = "Copy"
	rest.Set(header, aclHeader, acl)
	var result copied
	answer, err := d.service.Decode(ctx, rest.Request{
		Operation: "CopyObject", Method: http.MethodPut, Key: found.Key, Header: header, Root: "CopyObjectResult", Patient: true,
	}, &result)
	if err != nil {
		return objectstore.Written{}, err
	}
	rewritten := written(result.ETag, answer.Header)
	rewritten.ModTime = date(result.LastModified)
	return rewritten, nil
}

// keptNames are the headers of HeadObject's answer that a new object is given again: what is not sent is lost.
var keptNames = []string{
	"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires",
	"X-Oss-Storage-Class",
	"X-Oss-Server-Side-Encryption", "X-Oss-Server-Side-Data-Encryption", "X-Oss-Server-Side-Encryption-Key-Id",
}

func keepHeader(found objectstore.Found, header map[string]string) {
	head, _ := found.Raw.(http.Header)
	for _, name := range keptNames {
		rest.Set(header, name, head.Get(name))
	}
}

// keep fills in what a copy by parts onto the object itself begins with, and remembers the ACL that it ends with.
func (u *upload) keep(ctx context.Context, header map[string]string) (err error) {
	keepHeader(*u.Kept, header)
	if u.acl, err = u.aclOf(ctx, u.Key); err != nil {
		return err
	}
	tags, err := u.tagsOf(ctx, u.Key)
	rest.Set(header, "X-Oss-Tagging", tags)
	return err
}

const aclHeader = "X-Oss-Object-Acl"

// aclOf is the object's own ACL; "" where the bucket's counts, or nobody may know: then a copy cannot keep it.
func (d *driver) aclOf(ctx context.Context, key string) (string, error) {
	var policy struct {
		Grant string `xml:"AccessControlList>Grant"`
	}
	_, err := d.service.Decode(ctx, rest.Request{
		Operation: "GetObjectACL", Method: http.MethodGet, Key: key, Query: map[string]string{"acl": ""}, Root: "AccessControlPolicy",
	}, &policy)
	meant := traits().Sentinel(d, err)
	switch {
	case errors.Is(meant, fs.ErrPermission), errors.Is(meant, errors.ErrUnsupported), policy.Grant == "default":
		return "", nil
	}
	return policy.Grant, err
}

// tagsOf are the object's tags as a query, which a copy by parts does not take along.
func (d *driver) tagsOf(ctx context.Context, key string) (string, error) {
	var tagging struct {
		Tags []struct{ Key, Value string } `xml:"TagSet>Tag"`
	}
	_, err := d.service.Decode(ctx, rest.Request{
		Operation: "GetObjectTagging", Method: http.MethodGet, Key: key, Query: map[string]string{"tagging": ""}, Root: "Tagging",
	}, &tagging)
	tags := url.Values{}
	for _, tag := range tagging.Tags {
		tags.Set(tag.Key, tag.Value)
	}
	return strings.ReplaceAll(tags.Encode(), "+", "%20"), err
}
