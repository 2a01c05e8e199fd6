package s3blob

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
)

// sink answers as S3 does and keeps nothing, so that what is measured is this side of the wire. It is for benchmarks alone.
func sink(b *testing.B) (url string, requests *atomic.Int64) {
	requests = new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("ETag", `"etag"`)
		w.Header().Set("X-Amz-Request-Id", "1")
		switch query := r.URL.Query(); {
		case r.Method == http.MethodHead:
			w.WriteHeader(http.StatusNotFound)
		case r.Method == http.MethodPost && query.Has("uploads"):
			_, _ = io.WriteString(w, `<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>`)
		case r.Method == http.MethodPost:
			_, _ = io.WriteString(w, `<CompleteMultipartUploadResult><ETag>"etag"</ETag></CompleteMultipartUploadResult>`)
		}
	}))
	b.Cleanup(server.Close)
	return server.URL, requests
}

// BenchmarkPut is one artifact from a file on the disk, the look before it included; with many at once as Terraform has them.
func BenchmarkPut(b *testing.B) {
	for _, c := range []struct {
		size   int64
		atOnce int
	}{{256 << 10, 1}, {256 << 10, 10}, {64 << 20, 1}} {
		b.Run(fmt.Sprintf("%dKiB/%d", c.size>>10, c.atOnce), func(b *testing.B) {
			url, requests := sink(b)
			store := newStore(b, Config{Endpoint: url, Region: "us-east-1", AccessKey: "a", SecretKey: "s"}, "bucket")
			path := filepath.Join(b.TempDir(), "file")
			if err := os.WriteFile(path, someBytes(int(c.size)), 0o600); err != nil {
				b.Fatal(err)
			}
			want, err := blob.HashOf(b.Context(), source.File{Path: path})
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(c.size)
			b.ReportAllocs()
			b.SetParallelism(c.atOnce) // times the processors
			requests.Store(0)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					_, _ = store.Head(b.Context(), "key")
					if _, _, err := blob.Put(b.Context(), store, "key", source.File{Path: path}, &want.SHA256, blob.PutOptions{}); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(requests.Load())/float64(b.N), "requests/op")
		})
	}
}
