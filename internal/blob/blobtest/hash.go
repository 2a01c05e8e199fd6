package blobtest

import (
	"errors"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// What Put does with a hash that it learns only from the bytes.
var hashTests = []conformanceTest{
	{"stored", func(t *testing.T, h Harness) {
		mustPut(t, h.Store, "known", []byte("known"), someAttrs)
		keepsHashes := mustHead(t, h.Store, "known").Attrs.SHA256 != nil
		for _, size := range []int64{0, 1000, h.LargeSize} {
			data := pattern(80, size)
			for kind, src := range map[string]blob.Source{
				"bytes": BytesSource(data), "stream": StreamSource(data), "file": FileSource(WriteFile(t, data)),
			} {
				for _, want := range []*blob.Hash{Sum(data), nil} {
					info, sums, err := blob.Put(t.Context(), h.Store, "key", src, want, blob.PutOptions{Attrs: someAttrs})
					if err != nil || sums != (blob.Sums{SHA256: *Sum(data), Size: size}) {
						t.Fatalf("%s of %d: %+v, %v", kind, size, sums, err)
					}
					expectTold(t, h.Store, info)
					hash, must := info.Attrs.SHA256, keepsHashes && (want != nil || size <= 1000)
					if hash != nil && *hash != *Sum(data) || hash == nil && must || hash != nil && !keepsHashes {
						t.Errorf("%s of %d: the stored hash is %v", kind, size, hash)
					}
					expectBytes(t, h.Store, "key", data)
				}
			}
		}
	}},
	{"present", func(t *testing.T, h Harness) {
		for _, size := range []int64{0, 1000, h.LargeSize} {
			data := pattern(82, size)
			mustPut(t, h.Store, "old", data, someAttrs)
			before := mustHead(t, h.Store, "old")
			for _, src := range []blob.Source{StreamSource(data), FileSource(WriteFile(t, data))} {
				for _, want := range []*blob.Hash{nil, Sum(data)} {
					info, sums, err := blob.Put(t.Context(), h.Store, "old", src, want, blob.PutOptions{Present: Sum(data), Attrs: blob.Attrs{Owner: "new"}})
					if !errors.Is(err, blob.ErrPresent) || info.ETag != "" || sums != (blob.Sums{SHA256: *Sum(data), Size: size}) {
						t.Errorf("%+v, %+v, %v", info, sums, err)
					}
					expectUntouched(t, h.Store, before, data)
				}
				// Not the pinned bytes, whatever is there.
				_, _, err := blob.Put(t.Context(), h.Store, "old", src, Sum([]byte("pinned")), blob.PutOptions{Present: Sum(data)})
				expectMismatch(t, err, Sum([]byte("pinned")), Sum(data), size)
				expectUntouched(t, h.Store, before, data)
			}
			// Other bytes than those that are there.
			if _, _, err := blob.Put(t.Context(), h.Store, "new", StreamSource(data), nil, blob.PutOptions{Present: Sum([]byte("others"))}); err != nil {
				t.Error(err)
			}
			expectBytes(t, h.Store, "new", data)
		}
	}},
	{"from the start again", func(t *testing.T, h Harness) {
		for _, size := range []int64{1000, h.LargeSize} {
			data := pattern(83, size)
			half := pattern(84, size/2)
			for _, announced := range []int64{-1, size} {
				opened := 0
				info, sums, err := blob.Put(t.Context(), h.Store, "key", RestartedSource([][]byte{half, half, data}, announced, &opened), Sum(data), blob.PutOptions{Attrs: someAttrs})
				if err != nil || opened != 3 || sums.SHA256 != *Sum(data) {
					t.Fatalf("opened %d times: %+v, %v", opened, sums, err)
				}
				expectTold(t, h.Store, info)
				expectBytes(t, h.Store, "key", data)

				opened = 0
				_, _, err = blob.Put(t.Context(), h.Store, "fresh", RestartedSource([][]byte{half, half, half, data}, announced, &opened), nil, blob.PutOptions{})
				expectError(t, err, blob.ErrStartOver)
				if opened != 3 {
					t.Errorf("opened %d times", opened)
				}
				expectAbsent(t, h.Store, "fresh")
			}
		}
	}},
}

// expectTold: what a write told about an object is what the store tells of it.
func expectTold(t *testing.T, store blob.Store, info blob.Info) {
	t.Helper()
	head := mustHead(t, store, info.Key)
	if info.Attrs == nil || !info.Attrs.Equal(*head.Attrs) || info.ETag != head.ETag || info.Size != head.Size {
		t.Errorf("the write told %+v %+v, Head tells %+v %+v", info, info.Attrs, head, *head.Attrs)
	}
}
