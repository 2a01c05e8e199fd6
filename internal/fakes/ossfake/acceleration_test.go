package ossfake_test

import (
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

func TestAcceleration(t *testing.T) {
	each(t, func(t *testing.T, server *ossfake.Server, c *oss.Client, bucket string) {
		version := versions[t.Name()[len("TestAcceleration/"):][:2]]
		fast := client(t, server, version, func(c *oss.Config) { c.WithEndpoint(server.AccelerateEndpoint) })
		write := func() error {
			_, err := fast.PutObject(t.Context(), &oss.PutObjectRequest{Bucket: &bucket, Key: oss.Ptr("key"), Body: strings.NewReader("data")})
			return err
		}
		enable := func(c *oss.Client, on bool) error {
			_, err := c.PutBucketTransferAcceleration(t.Context(), &oss.PutBucketTransferAccelerationRequest{
				Bucket: &bucket, TransferAccelerationConfiguration: &oss.TransferAccelerationConfiguration{Enabled: &on},
			})
			return err
		}
		ask := &oss.GetBucketTransferAccelerationRequest{Bucket: &bucket}
		refusal(c.GetBucketTransferAcceleration(t.Context(), ask))(t, 404, "NoSuchTransferAccelerationConfiguration", "0028-00000004")
		refused(t, write(), 403, "AccessDenied")
		refused(t, enable(fast, true), 403, "AccessDenied")
		for _, on := range []bool{true, false, true} {
			if err := enable(c, on); err != nil {
				t.Fatal(err)
			}
			if got := *must(c.GetBucketTransferAcceleration(t.Context(), ask))(t).TransferAccelerationConfiguration.Enabled; got != on {
				t.Errorf("enabled: %v", got)
			}
			if err := write(); (err == nil) != on {
				t.Errorf("with %v: %v", on, err)
			}
		}
		server.SetAccelerationEffective(bucket, false)
		refused(t, write(), 403, "AccessDenied")
		server.SetAccelerationEffective(bucket, true)
		server.ClearRequests()
		if err := write(); err != nil {
			t.Error(err)
		}
		must(fast.ListObjectsV2(t.Context(), &oss.ListObjectsV2Request{Bucket: &bucket}))(t)
		for _, r := range server.Requests() {
			if r.Endpoint != ossfake.Accelerated {
				t.Errorf("%s at %s", r.Operation, r.Endpoint)
			}
		}
		_, err := fast.GetBucketInfo(t.Context(), &oss.GetBucketInfoRequest{Bucket: &bucket})
		refused(t, err, 403, "AccessDenied")
		server.CreateBucketNamed(bucket, ossfake.BucketOptions{AccelerationUnsupported: true})
		refused(t, enable(c, true), 403, "TransferAccelerationDisabled", "0028-00000001")
	})
}
