package ossblob

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"slices"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

func copyOf(t *testing.T, store blob.Store, key string, from *Store, fromKey string, opts blob.PutOptions) (blob.Info, error) {
	t.Helper()
	opts.Attrs.Owner = "me"
	info, _, err := blob.Put(t.Context(), store, key, blobtest.StoredSource(from, fromKey, nil), nil, opts)
	return info, err
}

// A copy sends no byte, and costs one reading.
func TestRequestsOfACopy(t *testing.T) {
	b := startBehind(t, nil).tuned(t, byParts)
	other := b
	other.bucket = b.server.CreateBucket(t)
	other = other.tuned(t, byParts)
	const odd = "a+b c%2F/ä&'\"<>?#.jar"
	mustPut(t, b, odd, someBytes(large))
	mustPut(t, b, "small", []byte("small"))
	for _, c := range []struct {
		key   string
		data  []byte
		parts int
	}{{odd, someBytes(large), 3}, {"small", []byte("small"), 1}} {
		for _, to := range []behind{b, other} {
			for _, cond := range []blob.Cond{{IfAbsent: true}, {}} {
				b.server.ClearRequests()
				b.proxy.Clear()
				info, err := copyOf(t, to, "copy", b.Store, c.key, blob.PutOptions{Cond: cond})
				if err != nil {
					t.Fatal(err)
				}
				want := slices.Concat([]string{"HeadObject", "GetObject", "ListMultipartUploads", "InitiateMultipartUpload"}, slices.Repeat([]string{"UploadPartCopy"}, c.parts))
				if cond.IfAbsent {
					want = append(want, "HeadObject")
				}
				b.expectAsked(t, append(want, "CompleteMultipartUpload")...)
				for _, r := range b.proxy.Requests() {
					if r.Method == http.MethodPut && (r.Bytes != 0 || r.Header.Get("X-Oss-Copy-Source-If-Match") == "") {
						t.Errorf("a part of %d bytes: %v", r.Bytes, r.Header)
					}
				}
				if info.Attrs.SHA256 == nil || *info.Attrs.SHA256 != *blobtest.Sum(c.data) {
					t.Errorf("the proven hash is not stored: %+v", info.Attrs)
				}
				to.expect(t, "copy", c.data)
			}
			if err := to.Delete(t.Context(), "copy", blob.Cond{}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Of an object with versions the present one is copied.
func TestACopyInABucketWithVersions(t *testing.T) {
	b := startBehindBucket(t, ossfake.BucketOptions{Versioning: true}, nil)
	mustPut(t, b, "source", []byte("older"))
	mustPut(t, b, "source", []byte("newer"))
	info, err := copyOf(t, b, "copy", b.Store, "source", blob.PutOptions{Cond: blob.Cond{IfAbsent: true}})
	if err != nil || info.VersionID == "" {
		t.Fatalf("%+v, %v", info, err)
	}
	b.expect(t, "copy", []byte("newer"))
	// OSS itself would let it be replaced there.
	mustPut(t, b, "taken", []byte("taken"))
	if _, err := copyOf(t, b, "taken", b.Store, "source", blob.PutOptions{Cond: blob.Cond{IfAbsent: true}}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("%v", err)
	}
	b.expect(t, "taken", []byte("taken"))
}

// The bytes go to the accelerated endpoint, and a copy has none. The bucket's acceleration is off, so that nothing works there.
func TestACopyIsNotAccelerated(t *testing.T) {
	b := startBehind(t, nil)
	mustPut(t, b, "source", someBytes(large))
	if _, err := copyOf(t, b, "copy", b.Store, "source", blob.PutOptions{Accelerate: true}); err != nil {
		t.Fatal(err)
	}
	b.expect(t, "copy", someBytes(large))
}

func TestOnlyStoresReachedInTheSameWayAreCopied(t *testing.T) {
	config := Config{Region: "cn-hangzhou", AccessKey: "a", AssumeRole: &AssumeRole{RoleARN: "r"}}
	stage, err := New(config, "here").Stage(t.Context(), "key", blob.WriteOptions{Size: -1})
	if err != nil {
		t.Fatal(err)
	}
	to := stage.(blob.CopyStage)
	same := config
	same.AssumeRole = &AssumeRole{RoleARN: "r"}
	if !to.CanCopy(New(same, "there")) {
		t.Error("another bucket of the same configuration is not copied")
	}
	other := config
	other.AssumeRole = &AssumeRole{RoleARN: "s"}
	if to.CanCopy(New(other, "there")) {
		t.Error("what another role reaches is copied")
	}
}

func TestAForbiddenCopyFails(t *testing.T) {
	b := startBehind(t, nil)
	mustPut(t, b, "source", someBytes(large))
	b.server.AddKey(ossfake.Key{AccessKey: "poor", SecretKey: "s", Denied: []string{"UploadPartCopy"}})
	config := b.config
	config.AccessKey, config.SecretKey = "poor", "s"
	poor := newStore(t, config, b.bucket)
	_, err := copyOf(t, poor, "copy", poor, "source", blob.PutOptions{})
	if !errors.Is(err, fs.ErrPermission) || failureOf(t, err).URI != "oss://"+b.bucket+"/source" {
		t.Errorf("%v", err)
	}
	b.expectAbsent(t, "copy")
}

// What OSS takes long for has connections of its own, which wait longer.
func TestSlowRequests(t *testing.T) {
	part := multipart.CopiedPart{Object: blob.Info{Key: "key", ETag: "e"}, Number: 1, Length: 1}
	for name, slow := range map[string]func(u *upload) error{
		"CopyObject": func(u *upload) error {
			_, err := u.Rewrite(t.Context(), objectstore.Found{Info: part.Object}, blob.Attrs{})
			return err
		},
		"UploadPartCopy": func(u *upload) error { _, err := u.CopyPart(t.Context(), u.bucket, part); return err },
		"CompleteMultipartUpload": func(u *upload) error {
			_, err := u.Complete(t.Context(), nil, multipart.Whole{}, objectstore.Guard{})
			return err
		},
	} {
		dials := 0
		b := startBehind(t, nil).tuned(t, objectstore.Tuning{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			dials++
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}})
		b.server.Put(b.bucket, "key", []byte("data"), nil)
		for range 2 {
			if _, err := b.Head(t.Context(), "key"); err != nil {
				t.Fatal(err)
			}
		}
		if err := slow(&upload{driver: driverOf(t, b.Store), Target: objectstore.Target{Key: "key"}, id: "id"}); err == nil || dials != 2 {
			t.Errorf("%s: %v after %d connections", name, err, dials)
		}
		if asked := b.asked(); asked[len(asked)-1] != name {
			t.Errorf("asked for %q", asked)
		}
	}
}
