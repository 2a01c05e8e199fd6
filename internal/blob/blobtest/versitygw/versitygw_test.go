package versitygw_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
)

func TestAServer(t *testing.T) {
	for name, options := range map[string]versitygw.Options{"http": {}, "https with versions": {TLS: true, Versioning: true}} {
		t.Run(name, func(t *testing.T) {
			server := versitygw.Start(t, options)
			bucket := server.CreateBucket(t)
			if open := server.OpenUploads(t, bucket); len(open) != 0 {
				t.Errorf("open in a new bucket: %q", open)
			}
			_, err := server.Client().CreateMultipartUpload(context.Background(), &s3.CreateMultipartUploadInput{Bucket: &bucket, Key: aws.String("key")})
			if err != nil {
				t.Fatal(err)
			}
			if open := server.OpenUploads(t, bucket); len(open) != 1 || open[0] != "key" {
				t.Errorf("open: %q", open)
			}
			if (server.CAFile != "") != options.TLS {
				t.Errorf("CAFile is %q", server.CAFile)
			}
			if accessKey, secretKey := server.CreateUser(t); accessKey == server.AccessKey || secretKey == "" {
				t.Errorf("the user is %q", accessKey)
			}
		})
	}
}
