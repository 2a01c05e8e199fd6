package ossfake_test

import (
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// TestBehindAProxy has the fault proxy in front, which keeps the Host that was signed.
func TestBehindAProxy(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			server := ossfake.Start(t, ossfake.Options{TLS: true})
			bucket := server.CreateBucket(t)
			proxy := faultproxy.Start(t, server.Endpoint, server.CAFile)
			c := client(t, server, version, func(c *oss.Config) { c.WithEndpoint(proxy.URL).WithAdditionalHeaders([]string{"host"}) })
			put(t, c, bucket, "a b", []byte("data"))
			proxy.Inject(faultproxy.Match{Method: "PUT"}, faultproxy.LoseAnswer, 1, 1)
			if _, err := c.PutObject(t.Context(), &oss.PutObjectRequest{Bucket: &bucket, Key: oss.Ptr("lost")}); err == nil {
				t.Error("an answer that was lost came")
			}
			if _, ok := server.Object(bucket, "lost"); !ok {
				t.Error("the request was not executed")
			}
		})
	}
}
