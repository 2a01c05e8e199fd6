package s3blob

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
)

// copying is a store that copies by parts what is larger than 100 bytes, or all in one.
func copying(byParts bool) func(*setup) {
	return func(s *setup) {
		if byParts {
			s.CopyLimit, s.CopyPart = 100, smallestPart
		}
	}
}

// What others set on an object survives a change of what is ours, by one copy and by parts.
func TestForeignAttributesSurvive(t *testing.T) {
	for name, byParts := range map[string]bool{"one copy": false, "by parts": true} {
		t.Run(name, func(t *testing.T) {
			store := startBehind(t, copying(byParts))
			client := store.server.Client()
			data := someBytes(large)
			for _, key := range []string{"key", "odd/a b+c%d%2F/ü&'\"<>?#.jar"} {
				expires := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
				_, err := client.PutObject(t.Context(), &s3.PutObjectInput{
					Bucket: &store.bucket, Key: &key, Body: bytes.NewReader(data),
					CacheControl: aws.String("max-age=60"), ContentDisposition: aws.String("attachment"), ContentEncoding: aws.String("x-test"),
					ContentLanguage: aws.String("de"), ContentType: aws.String("application/java-archive"), Expires: &expires,
					Metadata: map[string]string{"foreign": "kept"}, Tagging: aws.String("team=a%2Bb&stage=prod"),
				})
				if err != nil {
					t.Fatal(err)
				}
				before, err := store.Head(t.Context(), key)
				if err != nil {
					t.Fatal(err)
				}
				hash := blob.Hash{1}
				info, err := store.SetAttrs(t.Context(), key, blob.Cond{IfMatch: before.ETag}, func(a *blob.Attrs) { a.Owner, a.SHA256 = "me", &hash })
				if err != nil {
					t.Fatal(err)
				}
				head, err := client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &store.bucket, Key: &key})
				if err != nil {
					t.Fatal(err)
				}
				for what, got := range map[string][2]*string{
					"Cache-Control":       {head.CacheControl, aws.String("max-age=60")},
					"Content-Disposition": {head.ContentDisposition, aws.String("attachment")},
					"Content-Encoding":    {head.ContentEncoding, aws.String("x-test")},
					"Content-Language":    {head.ContentLanguage, aws.String("de")},
					"Content-Type":        {head.ContentType, aws.String("application/java-archive")},
					"Expires":             {head.ExpiresString, aws.String(expires.Format(http.TimeFormat))},
				} {
					if aws.ToString(got[0]) != *got[1] {
						t.Errorf("%s is %q, was %q", what, aws.ToString(got[0]), *got[1])
					}
				}
				if head.Metadata["foreign"] != "kept" || head.Metadata[blob.OwnerKey] != "me" || head.Metadata[blob.SHA256Key] != hash.String() {
					t.Errorf("metadata %v", head.Metadata)
				}
				if info.ETag != unquote(head.ETag) || info.Attrs.Owner != "me" || info.Attrs.Metadata["foreign"] != "kept" {
					t.Errorf("%+v", info)
				}
				tags, err := client.GetObjectTagging(t.Context(), &s3.GetObjectTaggingInput{Bucket: &store.bucket, Key: &key})
				if err != nil || len(tags.TagSet) != 2 || !strings.Contains(aws.ToString(tags.TagSet[0].Value)+aws.ToString(tags.TagSet[1].Value), "a+b") {
					t.Errorf("tags %v, %v", tags, err)
				}
				store.expect(t, key, data)
			}
		})
	}
}

// Expires may hold anything; what stores rarely tell goes out as it came.
func TestWhatACopyResends(t *testing.T) {
	store := startBehind(t, nil)
	mustPut(t, store, "key", []byte("data"))
	driver, _ := store.lazy.Get(t.Context())
	found := objectstore.Found{Info: blob.Info{Key: "key"}, Raw: &s3.HeadObjectOutput{
		ExpiresString: aws.String("never"), StorageClass: types.StorageClassStandard, WebsiteRedirectLocation: aws.String("/other"),
		CacheControl: aws.String("no-cache"), ContentDisposition: aws.String("inline"), ContentEncoding: aws.String("gzip"), ContentLanguage: aws.String("fr"),
		ObjectLockMode: types.ObjectLockModeGovernance, ObjectLockRetainUntilDate: aws.Time(time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)), ObjectLockLegalHoldStatus: types.ObjectLockLegalHoldStatusOn,
		ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String("key-id"), BucketKeyEnabled: aws.Bool(true),
	}}
	for _, do := range []func() error{
		func() error { _, err := driver.Rewrite(t.Context(), found, blob.Attrs{}); return err },
		func() error {
			upload, err := driver.Upload(t.Context(), objectstore.Target{Key: "key", Kept: &found})
			if err == nil {
				_, err = upload.Begin(t.Context(), objectstore.Begin{})
			}
			return err
		},
	} {
		store.proxy.Clear()
		if err := do(); err != nil {
			t.Logf("versitygw: %v", err)
		}
		for _, request := range store.proxy.Requests() {
			if request.Method == http.MethodGet || request.Query.Has("uploadId") {
				continue
			}
			for header, want := range map[string]string{
				"Expires": "never", "X-Amz-Storage-Class": "STANDARD", "X-Amz-Website-Redirect-Location": "/other",
				"X-Amz-Server-Side-Encryption": "aws:kms", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": "key-id",
				"X-Amz-Server-Side-Encryption-Bucket-Key-Enabled": "true",
				"Cache-Control": "no-cache", "Content-Disposition": "inline", "Content-Encoding": "gzip", "Content-Language": "fr",
				"X-Amz-Object-Lock-Mode": "GOVERNANCE", "X-Amz-Object-Lock-Retain-Until-Date": "2099-01-01T00:00:00Z", "X-Amz-Object-Lock-Legal-Hold": "ON",
			} {
				if got := request.Header.Get(header); got != want {
					t.Errorf("%s %s %v: %s is %q", request.Method, request.Path, request.Query, header, got)
				}
			}
		}
	}
}

func TestSetAttrsOfAnObjectThatChangesMeanwhile(t *testing.T) {
	for name, byParts := range map[string]bool{"one copy": false, "by parts": true} {
		t.Run(name, func(t *testing.T) {
			store := startBehind(t, copying(byParts))
			mustPut(t, store, "key", someBytes(large))
			other := someBytes(large + 1)
			store.proxy.OnRequest(func(r *http.Request) {
				if r.Method != http.MethodHead {
					store.proxy.OnRequest(nil)
					_, err := store.server.Client().PutObject(t.Context(), &s3.PutObjectInput{Bucket: &store.bucket, Key: aws.String("key"), Body: bytes.NewReader(other)})
					if err != nil {
						t.Error(err)
					}
				}
			})
			_, err := store.SetAttrs(t.Context(), "key", blob.Cond{}, func(a *blob.Attrs) { a.Owner = "you" })
			if !errors.Is(err, blob.ErrChanged) {
				t.Errorf("%v", err)
			}
			for _, request := range store.proxy.Requests() {
				if request.Header.Get("X-Amz-Copy-Source") != "" && request.Header.Get("X-Amz-Copy-Source-If-Match") == "" {
					t.Errorf("copied without a condition: %v", request.Query)
				}
			}
			store.expect(t, "key", other)
		})
	}
}

func TestACopyThatFailsLate(t *testing.T) {
	for name, byParts := range map[string]bool{"one copy": false, "by parts": true} {
		t.Run(name, func(t *testing.T) {
			store := startBehind(t, func(s *setup) {
				copying(byParts)(s)
				s.MaxRetries = aws.Int(1)
			})
			before := mustPut(t, store, "key", someBytes(large))
			store.proxy.Inject(faultproxy.Match{Header: "X-Amz-Copy-Source"}, faultproxy.ErrorIn200, 1, 1000)
			if _, err := store.SetAttrs(t.Context(), "key", blob.Cond{}, func(a *blob.Attrs) { a.Owner = "you" }); err == nil {
				t.Error("no error")
			}
			if _, err := store.SetAttrs(t.Context(), "absent", blob.Cond{}, func(a *blob.Attrs) { a.Owner = "you" }); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("absent: %v", err)
			}
			if head, err := store.Head(t.Context(), "key"); err != nil || head.ETag != before.ETag || head.Attrs.Owner != "me" {
				t.Errorf("%+v, %v", head, err)
			}
			store.expect(t, "key", someBytes(large))
		})
	}
}

// One part of a copy fails, and the answers to the others never come: they are awaited for a while.
func TestACopyWhoseOtherPartsStall(t *testing.T) {
	b := startBehind(t, copying(true))
	mustPut(t, b, "key", someBytes(large))
	part := faultproxy.Match{Header: "X-Amz-Copy-Source-Range"}
	b.proxy.Inject(part, faultproxy.Deny403, 1, 1)
	b.proxy.Inject(part, faultproxy.Stall, 1, 100)
	begun := time.Now()
	_, err := b.SetAttrs(t.Context(), "key", blob.Cond{}, func(a *blob.Attrs) { a.Owner = "other" })
	if took := time.Since(begun); !errors.Is(err, fs.ErrPermission) || took > 25*time.Second {
		t.Errorf("after %s: %v", took, err)
	}
	b.expect(t, "key", someBytes(large))
}
