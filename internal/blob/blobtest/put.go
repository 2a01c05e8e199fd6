package blobtest

import (
	"fmt"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

var someAttrs = blob.Attrs{
	ContentType: "application/java-archive",
	Metadata:    map[string]string{"build": "4711", "built-by": "a pipeline"},
	Owner:       "token-of-a-state",
}

var putTests = []conformanceTest{
	{"sizes", func(t *testing.T, h Harness) {
		for _, size := range []int64{0, 1, 1000, h.LargeSize, h.LargeSize + 1, h.LargeSize - 1} {
			data := pattern(1, size)
			for kind, src := range map[string]blob.Source{
				"bytes": BytesSource(data), "stream": StreamSource(data), "file": FileSource(WriteFile(t, data)),
			} {
				t.Run(fmt.Sprintf("%s of %d", kind, size), func(t *testing.T) {
					key := fmt.Sprintf("sizes/%s-%d", kind, size)
					info, sums, err := blob.Put(t.Context(), h.Store, key, src, Sum(data), blob.PutOptions{Attrs: someAttrs})
					if err != nil {
						t.Fatal(err)
					}
					if sums.SHA256 != *Sum(data) || sums.Size != size {
						t.Errorf("sums %s, %d; want %s, %d", sums.SHA256, sums.Size, Sum(data), size)
					}
					expectBytes(t, h.Store, key, data)
					head := mustHead(t, h.Store, key)
					expectAttrs(t, "Head", head.Attrs, someAttrs)
					if info.Key != key || info.Size != size || info.ETag != head.ETag || info.VersionID != head.VersionID {
						t.Errorf("Put says %+v, Head %+v", info, head)
					}
				})
			}
		}
	}},
	{"when it was written", func(t *testing.T, h Harness) {
		for _, size := range []int64{10, h.LargeSize} {
			info := mustPut(t, h.Store, "key", pattern(7, size), someAttrs)
			if !info.ModTime.IsZero() {
				continue // it is told exactly
			}
			listed, _ := listAll(t, h.Store, blob.Query{})
			if len(listed) != 1 {
				t.Fatalf("listed: %+v", listed)
			}
			// A second for servers that take their clock's reading anew once a second; and no longer than the run, or it would tell nothing.
			if early := info.Written.Sub(listed[0].ModTime.Truncate(time.Second)); early < -time.Second || early > time.Minute {
				t.Errorf("%d bytes: written at %s, listed with %s", size, info.Written, listed[0].ModTime)
			}
		}
	}},
	{"overwrite", func(t *testing.T, h Harness) {
		first := mustPut(t, h.Store, "key", []byte("first"), someAttrs)
		second := mustPut(t, h.Store, "key", []byte("other"), blob.Attrs{Owner: "another"})
		if first.ETag == second.ETag {
			t.Errorf("other bytes have the same ETag %q", first.ETag)
		}
		expectBytes(t, h.Store, "key", []byte("other"))
		head := mustHead(t, h.Store, "key")
		expectAttrs(t, "after the overwrite", head.Attrs, blob.Attrs{Owner: "another", ContentType: head.Attrs.ContentType})
		if head.Attrs.ContentType == someAttrs.ContentType {
			t.Errorf("the content type of the overwritten object is still there")
		}
	}},
	{"wrong hash", func(t *testing.T, h Harness) {
		for _, size := range []int64{0, 1000, h.LargeSize} {
			data, wanted := pattern(3, size), Sum([]byte("something else"))
			for _, src := range []blob.Source{StreamSource(data), FileSource(WriteFile(t, data))} {
				expectNothing(t.Context(), t, h, h.Store, src, wanted, func(err error) { expectMismatch(t, err, wanted, Sum(data), size) })
			}
		}
	}},
	{"names", func(t *testing.T, h Harness) {
		for i, key := range oddKeys {
			data := fmt.Appendf(nil, "object %d", i)
			mustPut(t, h.Store, key, data, someAttrs)
		}
		for i, key := range oddKeys {
			expectBytes(t, h.Store, key, fmt.Appendf(nil, "object %d", i))
		}
	}},
}

// oddKeys are names that something between us and the store might take for something else.
var oddKeys = []string{
	"odd/with space", "odd/hash#tag", "odd/question?mark=1&b=2", "odd/percent%41", "odd/100%", "odd/plus+plus",
	"odd/ümläut", "odd/日本語.jar", "odd/emoji-😀", "odd/quote'\"", "odd/semi;colon", "odd/at@sign", "odd/comma,star*",
	"odd/(brackets)[x]{y}", "odd/tilde~", "odd/back`tick", "odd/<angle>&amp;", "odd/..dots..", "odd/.hidden", "odd/$dollar=",
}

// expectUntouched: the object is, byte by byte and attribute by attribute, the one that it was.
func expectUntouched(t *testing.T, store blob.Store, before blob.Info, data []byte) {
	t.Helper()
	expectBytes(t, store, before.Key, data)
	now := mustHead(t, store, before.Key)
	if now.ETag != before.ETag || !now.ModTime.Equal(before.ModTime) || now.VersionID != before.VersionID || !now.Attrs.Equal(*before.Attrs) {
		t.Errorf("%q was %+v %+v, and is %+v %+v", before.Key, before, *before.Attrs, now, *now.Attrs)
	}
}
