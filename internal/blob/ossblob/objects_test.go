package ossblob

import (
	"errors"
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
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

const oddKey = "odd/a b+c%d%2F/ü&'\"<>?#.jar"

// What others set on an object survives a change of what is ours, by one copy and by parts.
func TestForeignAttributesSurvive(t *testing.T) {
	kept := map[string]string{
		"Content-Type": "application/java-archive", "Cache-Control": "max-age=60", "Content-Disposition": `attachment; filename="a b.jar"`,
		"Content-Encoding": "gzip", "Content-Language": "de", "Expires": "Fri, 01 Jan 2038 00:00:00 GMT", "X-Oss-Storage-Class": "IA",
		"X-Oss-Server-Side-Encryption": "KMS", "X-Oss-Server-Side-Data-Encryption": "SM4", "X-Oss-Server-Side-Encryption-Key-Id": "0123-4567",
		"X-Oss-Object-Acl": "public-read", "X-Oss-Meta-Foreign": "stays",
	}
	for asked, limit := range map[string]int64{
		"HeadObject GetObjectACL CopyObject": 0,
		"HeadObject ListMultipartUploads GetObjectACL GetObjectTagging InitiateMultipartUpload " +
			"UploadPartCopy UploadPartCopy UploadPartCopy HeadObject CompleteMultipartUpload": 1000,
	} {
		b := startBehind(t, func(s *setup) { s.CopyLimit, s.CopyPart = limit, smallestPart })
		header := maps.Clone(kept)
		header["X-Oss-Tagging"] = "team=data%20platform&x%2By=a%3Db%26c"
		planted := rest.Request{Operation: "PutObject", Method: http.MethodPut, Key: oddKey, Header: header}.Document(blobtest.SomeBytes(large))
		if _, err := b.driver(t).service.Do(t.Context(), planted); err != nil {
			t.Fatal(err)
		}
		before, _ := b.server.Object(b.bucket, oddKey)
		b.server.ClearRequests()
		info, err := b.SetAttrs(t.Context(), oddKey, blob.Cond{IfMatch: unquote(before.ETag)}, own)
		if err != nil {
			t.Fatal(err)
		}
		requests := b.server.Requests()
		if got := b.asked(); got != asked {
			t.Errorf("asked for %s, want %s", got, asked)
		}
		b.expect(t, oddKey, blobtest.SomeBytes(large))
		now, _ := b.server.Object(b.bucket, oddKey)
		now.Header.Set("X-Oss-Storage-Class", now.StorageClass)
		now.Header.Set("X-Oss-Object-Acl", requests[len(requests)-1].Header.Get("X-Oss-Object-Acl")) // the fake does not keep that of a completion
		kept["X-Oss-Meta-Flink-Owner"] = "you"
		for name, want := range kept {
			if got := now.Header.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		delete(kept, "X-Oss-Meta-Flink-Owner")
		if len(before.Tags) != 2 || !maps.Equal(now.Tags, before.Tags) {
			t.Errorf("tags %v, and before %v", now.Tags, before.Tags)
		}
		for _, r := range requests {
			if r.Header.Get("X-Oss-Copy-Source") != "" && r.Header.Get("X-Oss-Copy-Source-If-Match") != before.ETag ||
				r.Operation == "CopyObject" && r.Header.Get("X-Oss-Tagging-Directive") != "Copy" {
				t.Errorf("%s with %v", r.Operation, r.Header)
			}
		}
		head, err := b.Head(t.Context(), oddKey)
		if err != nil || info.ETag != head.ETag || !info.Attrs.Equal(*head.Attrs) || limit == 0 && info.ModTime.IsZero() {
			t.Errorf("said %+v, found %+v, %v", info, head, err)
		}
	}
}

// OSS forbids an overwrite by itself, which closes the window that the look before leaves open; buckets with versions ignore that, so that the
// look has to see what comes meanwhile.
// What is deleted leaves a delete marker there, over which there is nothing.
func TestIfAbsent(t *testing.T) {
	for _, versioned := range []bool{false, true} {
		for _, size := range []int{100, large} {
			b := startBehind(t, func(s *setup) { s.Versioning = versioned })
			plant := func() { b.server.Put(b.bucket, "key", []byte("late"), nil) }
			source := blobtest.BytesSource(blobtest.SomeBytes(size))
			if versioned {
				source = blobtest.InterruptedSource(source, int64(size), plant)
			} else {
				b.server.OnRequest(func(r ossfake.Request) {
					if r.Operation == "PutObject" || r.Operation == "CompleteMultipartUpload" {
						plant()
					}
				})
			}
			_, _, err := blob.Put(t.Context(), b, "key", source, nil, blob.PutOptions{Cond: blob.Cond{IfAbsent: true}})
			if !errors.Is(err, fs.ErrExist) {
				t.Errorf("versioned %t, %d bytes: %v", versioned, size, err)
			}
			b.expect(t, "key", []byte("late"))
			b.server.OnRequest(nil)
			b.server.ClearRequests()
			if err := b.Delete(t.Context(), "key", blob.Cond{}); err != nil || b.server.Requests()[0].Query.Has("versionId") || b.asked() != "DeleteObject" {
				t.Error(err)
			}
			b.expect(t, "key", nil)
			info, err := blobtest.Put(t, b, "key", blobtest.SomeBytes(size), blob.Cond{IfAbsent: true})
			head, headErr := b.Head(t.Context(), "key")
			if err != nil || headErr != nil || head.VersionID != info.VersionID || (info.VersionID != "") != versioned {
				t.Errorf("written %+v, %v; found %+v, %v", info, err, head, headErr)
			}
		}
	}
}

// A bucket with very many open uploads is listed page by page, by OSS's own clock, and nothing of a sweep is sent again.
func TestOpenUploads(t *testing.T) {
	b := startBehind(t, nil)
	upload, err := b.driver(t).Upload(t.Context(), objectstore.Target{Key: oddKey})
	if err != nil {
		t.Fatal(err)
	}
	id, ids := "", map[string]bool{}
	for range maxKeys + 1 {
		if id, err = upload.Begin(t.Context(), objectstore.Begin{}); err != nil {
			t.Fatal(err)
		}
		ids[id] = false
	}
	b.server.AgeUploads(b.bucket, time.Hour)
	b.server.SetClock(10 * time.Minute)
	var after objectstore.Marker
	for n := range 2 {
		page, err := b.driver(t).ListUploads(t.Context(), oddKey, after)
		if err != nil || (page.Next == objectstore.Marker{}) != (n == 1) {
			t.Fatalf("page %d: %d uploads, then %+v; %v", n, len(page.Uploads), page.Next, err)
		}
		for _, open := range page.Uploads {
			age := page.Now.Sub(open.Begun)
			ids[open.ID] = open.Key == oddKey && age > 70*time.Minute-2*time.Second && age < 75*time.Minute
		}
		after = page.Next
	}
	if len(ids) != maxKeys+1 {
		t.Errorf("%d uploads", len(ids))
	}
	for id, listed := range ids {
		if !listed {
			t.Errorf("%s is not listed, or not with its key and age", id)
		}
	}
	b.server.Throttle(nil, 2, ossfake.Refusal{})
	b.server.ClearRequests()
	if _, err := b.driver(t).ListUploads(t.Context(), oddKey, after); err == nil {
		t.Error("no error")
	}
	for _, code := range []string{"QpsLimitExceeded", "", traits().Aborted} { // once it is gone, nothing is left to do
		err := b.Fail("", oddKey, b.driver(t).AbortUpload(t.Context(), oddKey, id))
		var failure *blob.Error
		if errors.As(err, &failure) != (code != "") || failure != nil && failure.Code != code {
			t.Errorf("%v, want %s", err, code)
		}
	}
	if got := b.asked(); got != "ListMultipartUploads"+strings.Repeat(" AbortMultipartUpload", 3) {
		t.Errorf("asked for %s", got)
	}
}

// Without x-oss-range-behavior a range beyond the end would be the whole object.
func TestARangeBeyondTheEnd(t *testing.T) {
	b := startBehind(t, nil)
	blobtest.MustPut(t, b, "key", []byte("data"))
	_, err := b.Open(t.Context(), "key", blob.ReadOptions{Offset: 2000})
	var failure *blob.Error
	if !errors.As(err, &failure) || failure.Code != "InvalidRange" {
		t.Error(err)
	}
}
