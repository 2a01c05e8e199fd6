package ossblob

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/rest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// everything is what somebody else may have told OSS about an object.
var everything = http.Header{
	"Content-Type":                        {"application/java-archive"},
	"Cache-Control":                       {"max-age=60"},
	"Content-Disposition":                 {`attachment; filename="a b.jar"`},
	"Content-Encoding":                    {"gzip"},
	"Content-Language":                    {"de"},
	"Expires":                             {"Fri, 01 Jan 2038 00:00:00 GMT"},
	"X-Oss-Storage-Class":                 {"IA"},
	"X-Oss-Server-Side-Encryption":        {"KMS"},
	"X-Oss-Server-Side-Encryption-Key-Id": {"0123-4567"},
	"X-Oss-Object-Acl":                    {"public-read"},
	"X-Oss-Meta-Foreign":                  {"stays"},
}

func TestEverythingSurvivesSetAttrs(t *testing.T) {
	for _, c := range []struct {
		name   string
		tuning objectstore.Tuning
		asked  []string
	}{
		{"in one request", objectstore.Tuning{}, []string{"HeadObject", "GetObjectACL", "CopyObject"}},
		{"by parts", byParts, []string{
			"HeadObject", "ListMultipartUploads", "GetObjectACL", "GetObjectTagging", "InitiateMultipartUpload",
			"UploadPartCopy", "UploadPartCopy", "UploadPartCopy", "HeadObject", "CompleteMultipartUpload",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := startBehind(t, nil).tuned(t, c.tuning)
			data := someBytes(large)
			const key = "a+b c/ä.jar"
			b.plant(t, key, data, map[string]string{"team": "data platform", "x+y": "a=b&c"})
			before, _ := b.server.Object(b.bucket, key)
			b.server.ClearRequests()
			info, err := b.SetAttrs(t.Context(), key, blob.Cond{IfMatch: strings.Trim(before.ETag, `"`)}, func(a *blob.Attrs) { a.Owner = "me" })
			if err != nil {
				t.Fatal(err)
			}
			requests := b.server.Requests()
			last := requests[len(requests)-1]
			b.expectAsked(t, c.asked...)
			b.expect(t, key, data)
			now, _ := b.server.Object(b.bucket, key)
			for name := range everything {
				want := everything.Get(name)
				got := now.Header.Get(name)
				switch name {
				case "X-Oss-Storage-Class":
					got = now.StorageClass
				case "X-Oss-Object-Acl":
					got = last.Header.Get(name) // the fake does not keep that of a completion
				}
				if got != want {
					t.Errorf("%s was %q, and is %q", name, want, got)
				}
			}
			if now.Header.Get("X-Oss-Meta-Flink-Owner") != "me" || !maps.Equal(now.Tags, before.Tags) {
				t.Errorf("%v, tags %v", now.Header, now.Tags)
			}
			head, err := b.Head(t.Context(), key)
			if err != nil || info.ETag != head.ETag || !info.Attrs.Equal(*head.Attrs) {
				t.Errorf("said %+v, found %+v, %v", info, head, err)
			}
		})
	}
}

// plant puts an object with all there is, behind the store's back.
func (b behind) plant(t *testing.T, key string, data []byte, tags map[string]string) {
	t.Helper()
	b.server.Put(b.bucket, key, data, everything)
	var xml strings.Builder
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		xml.WriteString("<Tag><Key>" + name + "</Key><Value>" + strings.ReplaceAll(tags[name], "&", "&amp;") + "</Value></Tag>")
	}
	r := rest.Request{Operation: "PutObjectTagging", Method: http.MethodPut, Key: key, Query: map[string]string{"tagging": ""}}
	r = r.Document([]byte("<Tagging><TagSet>" + xml.String() + "</TagSet></Tagging>"))
	if _, err := driverOf(t, b.Store).service.Do(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

// Who may not read ACLs may change attributes all the same.
func TestWithoutPermissionForACLs(t *testing.T) {
	b := startBehind(t, nil)
	mustPut(t, b, "key", []byte("data"))
	b.server.AddKey(ossfake.Key{AccessKey: "poor", SecretKey: "s", Denied: []string{"GetObjectACL"}})
	config := b.config
	config.AccessKey, config.SecretKey = "poor", "s"
	poor := newStore(t, config, b.bucket)
	if _, err := poor.SetAttrs(t.Context(), "key", blob.Cond{}, func(a *blob.Attrs) { a.Owner = "poor" }); err != nil {
		t.Errorf("%v", err)
	}
	b.expect(t, "key", []byte("data"))
}

// An object that changes between the look and the copy is left alone.
func TestSetAttrsOfAnObjectThatChanges(t *testing.T) {
	for _, tuning := range []objectstore.Tuning{{CopyLimit: 1 << 30}, byParts} {
		for _, at := range []string{"GetObjectACL", "CopyObject", "UploadPartCopy", "CompleteMultipartUpload"} {
			b := startBehind(t, nil).tuned(t, tuning)
			mustPut(t, b, "key", someBytes(large))
			b.server.ClearRequests()
			var changed atomic.Bool
			b.server.OnRequest(func(r ossfake.Request) {
				// The look before a completion sees what happens before it; what happens after it is the window that remains.
				if r.Operation == at && at != "CompleteMultipartUpload" || at == "CompleteMultipartUpload" && r.Operation == "HeadObject" && len(b.server.OpenUploads(b.bucket)) > 0 {
					changed.Store(true)
					b.server.Put(b.bucket, "key", []byte("newer"), nil)
				}
			})
			_, err := b.SetAttrs(t.Context(), "key", blob.Cond{}, func(a *blob.Attrs) { a.Owner = "other" })
			if !changed.Load() {
				if at == "CopyObject" == (tuning.CopyLimit > large) || at == "GetObjectACL" {
					t.Errorf("limit %d: asked for %q", tuning.CopyLimit, b.asked())
				}
				continue
			}
			if !errors.Is(err, blob.ErrChanged) {
				t.Errorf("limit %d, at %s: %v", tuning.CopyLimit, at, err)
			}
			b.expect(t, "key", []byte("newer"))
		}
	}
}
