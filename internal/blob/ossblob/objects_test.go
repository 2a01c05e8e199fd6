package ossblob

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/rest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

const oddKey = "odd/a b+c%d%2F/ü&'\"<>?#.jar"

// What others set on an object survives a change of what is ours, by one copy and by parts.
func TestForeignAttributesSurvive(t *testing.T) {
	kept := map[string]string{
		"Content-Type": "application/java-archive", "Cache-Control": "max-age=60", "Content-Disposition": `attachment; filename="a b.jar"`,
		"Content-Encoding": "gzip", "Content-Language": "de", "Expires": "Fri, 01 Jan 2038 00:00:00 GMT", "X-Oss-Storage-Class": "IA",
		"X-Oss-Server-Side-Encryption": "KMS", "X-Oss-Server-Side-Data-Encryption": "SM4", "X-Oss-Server-Side-Encryption-Key-Id": "0123-4567",
		"X-Oss-Object-Acl": "public-read", "X-Oss-Meta-Foreign": "stays", "X-Oss-Meta-Flink-Owner": "you",
	}
	for asked, limit := range map[string]int64{
		"HeadObject GetObjectACL CopyObject": 0,
		"HeadObject ListMultipartUploads GetObjectACL GetObjectTagging InitiateMultipartUpload " +
			"UploadPartCopy UploadPartCopy UploadPartCopy HeadObject CompleteMultipartUpload": 1000,
	} {
		b := startBehind(t, func(s *setup) { s.CopyLimit, s.CopyPart = limit, smallestPart })
		header := maps.Clone(kept)
		header["X-Oss-Tagging"], header["X-Oss-Meta-Flink-Owner"] = "team=data%20platform&x%2By=a%3Db%26c", "me"
		planted := rest.Request{Operation: "PutObject", Method: http.MethodPut, Key: oddKey, Header: header}.Document(blobtest.SomeBytes(large))
		_, plantErr := b.driver(t).service.Do(t.Context(), planted)
		before, _ := b.server.Object(b.bucket, oddKey)
		b.server.ClearRequests()
		info, err := b.SetAttrs(t.Context(), oddKey, blob.Cond{IfMatch: wire.Unquote(before.ETag)}, own)
		if err != nil || plantErr != nil {
			t.Fatal(plantErr, err)
		}
		requests := b.server.Requests()
		if got := b.asked(); got != asked || limit == 0 && info.ModTime.IsZero() {
			t.Errorf("asked for %s, want %s: %+v", got, asked, info)
		}
		b.expect(t, oddKey, blobtest.SomeBytes(large))
		now, _ := b.server.Object(b.bucket, oddKey)
		now.Header.Set("X-Oss-Storage-Class", now.StorageClass)
		now.Header.Set("X-Oss-Object-Acl", requests[len(requests)-1].Header.Get("X-Oss-Object-Acl")) // the fake does not keep that of a completion
		for name, want := range kept {
			if got := now.Header.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		if len(before.Tags) != 2 || !maps.Equal(now.Tags, before.Tags) {
			t.Errorf("tags %v, and before %v", now.Tags, before.Tags)
		}
		for _, r := range requests {
			if r.Header.Get("X-Oss-Copy-Source") != "" && r.Header.Get("X-Oss-Copy-Source-If-Match") != before.ETag ||
				r.Operation == "CopyObject" && r.Header.Get("X-Oss-Tagging-Directive") != "Copy" {
				t.Errorf("%s with %v", r.Operation, r.Header)
			}
		}
	}
}

// OSS forbids an overwrite by itself, after the look and before any part; buckets with versions ignore that, so that the look has to see it.
// What is deleted leaves a delete marker there, over which there is nothing.
func TestIfAbsent(t *testing.T) {
	for size, asked := range map[int]string{
		100:   "HeadObject PutObject",
		large: "ListMultipartUploads InitiateMultipartUpload UploadPart UploadPart UploadPart HeadObject CompleteMultipartUpload",
	} {
		for _, versioned := range []bool{false, true} {
			b := startBehind(t, func(s *setup) { s.Versioning = versioned })
			at := asked[strings.LastIndex(asked, " ")+1:]
			if versioned {
				at = "HeadObject"
			}
			b.server.OnRequest(func(r ossfake.Request) {
				if r.Operation == at {
					b.server.Put(b.bucket, "key", []byte("late"), nil)
				}
			})
			_, err := blobtest.Put(t, b, "key", blobtest.SomeBytes(size), blob.Cond{IfAbsent: true})
			b.server.OnRequest(nil)
			b.server.ClearRequests()
			_, again := blobtest.Put(t, b, "key", blobtest.SomeBytes(size), blob.Cond{IfAbsent: true})
			if got := b.asked(); !errors.Is(err, fs.ErrExist) || !errors.Is(again, fs.ErrExist) || !versioned && strings.Contains(got, "UploadPart") {
				t.Errorf("versioned %t, %d bytes: %v; %v, asked for %s", versioned, size, err, again, got)
			}
			b.expect(t, "key", []byte("late"))
			if err := b.Delete(t.Context(), "key", blob.Cond{}); err != nil || b.server.Requests()[0].Query.Has("versionId") || b.asked() != "DeleteObject" {
				t.Error(err)
			}
			b.expect(t, "key", nil)
			info, err := blobtest.Put(t, b, "key", blobtest.SomeBytes(size), blob.Cond{IfAbsent: true})
			got := b.asked()
			head, headErr := b.Head(t.Context(), "key")
			if err != nil || got != asked || headErr != nil || head.VersionID != info.VersionID || (info.VersionID != "") != versioned {
				t.Errorf("written %+v, %v, asked for %s; found %+v, %v", info, err, got, head, headErr)
			}
		}
	}
}

// A bucket with very many open uploads is listed page by page, by OSS's own clock, and nothing of a sweep is sent again.
func TestOpenUploads(t *testing.T) {
	b := startBehind(t, nil)
	upload, _ := b.driver(t).Upload(t.Context(), objectstore.Target{Key: oddKey})
	open := map[string]bool{}
	for range maxKeys + 1 {
		id, err := upload.Begin(t.Context(), objectstore.Begin{})
		if err != nil {
			t.Fatal(err)
		}
		open[id] = true
	}
	b.server.AgeUploads(b.bucket, time.Hour)
	b.server.SetClock(10 * time.Minute)
	var after objectstore.Marker
	for pages := 2; pages > 0; pages-- {
		page, err := b.driver(t).ListUploads(t.Context(), oddKey, after)
		for _, listed := range page.Uploads {
			if age := page.Now.Sub(listed.Begun); listed.Key != oddKey || age < 69*time.Minute || age > 75*time.Minute {
				t.Fatalf("%+v, by then %s old", listed, age)
			}
			delete(open, listed.ID)
		}
		if after = page.Next; err != nil || (after == objectstore.Marker{}) != (len(open) == 0) {
			t.Fatalf("%d are not listed, and it goes on after %+v, %v", len(open), after, err)
		}
	}
	b.server.Throttle(nil, 2, ossfake.Refusal{})
	b.server.ClearRequests()
	driver, id := b.driver(t), "0004B9B2D2F7815C432C9057C03134D4"
	_, err := driver.ListUploads(t.Context(), oddKey, after)
	abortErr, got, goneErr := driver.AbortUpload(t.Context(), oddKey, id, true), b.asked(), driver.AbortUpload(t.Context(), oddKey, id, true)
	if err == nil || abortErr == nil || got != "ListMultipartUploads AbortMultipartUpload" || !strings.Contains(fmt.Sprint(goneErr), traits().Aborted) {
		t.Errorf("%v, %v, asked for %s; %v", err, abortErr, got, goneErr)
	}
}
