package blobtest

import (
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// Answers to a commit that were lost: Put finds out what became of it.
var answerTests = []conformanceTest{
	{"lost after the commit", func(t *testing.T, h Harness) {
		for _, size := range []int64{0, 100, h.LargeSize} {
			data := pattern(40, size)
			for _, src := range []blob.Source{StreamSource(data), FileSource(WriteFile(t, data))} {
				info, sums, err := blob.Put(t.Context(), LoseAnswers(h.Store), "key", src, Sum(data), blob.PutOptions{Attrs: someAttrs})
				if err != nil {
					t.Fatal(err)
				}
				head := mustHead(t, h.Store, "key")
				if info.ETag != head.ETag || info.Size != size || info.Key != "key" || sums.SHA256 != *Sum(data) {
					t.Errorf("Put says %+v, %+v; Head %+v", info, sums, head)
				}
				expectBytes(t, h.Store, "key", data)
			}
		}
	}},
	{"lost before the commit", func(t *testing.T, h Harness) {
		for _, size := range []int64{0, 100, h.LargeSize} {
			data := pattern(41, size)
			for _, src := range []blob.Source{StreamSource(data), FileSource(WriteFile(t, data))} {
				expectNothing(t.Context(), t, h, LoseRequests(h.Store), src, Sum(data), func(err error) { expectError(t, err, ErrAnswerLost) })
			}
		}
	}},
}
