package ossfake_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

func TestBuckets(t *testing.T) {
	each(t, func(t *testing.T, server *ossfake.Server, c *oss.Client, _ string) {
		head := func(bucket string) error {
			_, err := c.HeadObject(t.Context(), &oss.HeadObjectRequest{Bucket: &bucket, Key: oss.Ptr("key")})
			return err
		}
		server.CreateBucketNamed("far-away", ossfake.BucketOptions{Region: "eu-central-1"})
		e := refused(t, head("far-away"), 403, "AccessDenied")
		if e.EC != "0003-00001403" || !strings.Contains(string(e.Snapshot), "<Endpoint>oss-eu-central-1.aliyuncs.com</Endpoint>") ||
			!strings.HasPrefix(e.Message, "The bucket you are attempting to access must be addressed using the specified endpoint.") {
			t.Errorf("%s %s", e.EC, e.Snapshot)
		}
		server.CreateBucketNamed("of-another", ossfake.BucketOptions{OwnedByOther: true})
		if e := refused(t, head("of-another"), 403, "AccessDenied"); e.EC != "0003-00000001" || e.Message != "The bucket you access does not belong to you." {
			t.Errorf("%s %s", e.EC, e.Message)
		}
		server.CreateBucketNamed("new-mainland", ossfake.BucketOptions{CNAMERequired: true})
		refused(t, head("new-mainland"), 400, "PublicEndpointForbidden", "0048-00000401")
		must(c.GetBucketInfo(t.Context(), &oss.GetBucketInfoRequest{Bucket: oss.Ptr("new-mainland")}))(t)
	})
}

func TestBucketLife(t *testing.T) {
	each(t, func(t *testing.T, _ *ossfake.Server, c *oss.Client, _ string) {
		name := "made-by-client"
		must(c.PutBucket(t.Context(), &oss.PutBucketRequest{Bucket: &name}))(t)
		info := must(c.GetBucketInfo(t.Context(), &oss.GetBucketInfoRequest{Bucket: &name}))(t).BucketInfo
		if *info.Name != name || *info.Location != "oss-cn-hangzhou" || *info.ExtranetEndpoint != "oss-cn-hangzhou.aliyuncs.com" {
			t.Errorf("%+v", info)
		}
		if location := must(c.GetBucketLocation(t.Context(), &oss.GetBucketLocationRequest{Bucket: &name}))(t); *location.LocationConstraint != "oss-cn-hangzhou" {
			t.Errorf("%+v", location)
		}
		if list := must(c.ListBuckets(t.Context(), &oss.ListBucketsRequest{Prefix: oss.Ptr("made")}))(t); len(list.Buckets) != 1 {
			t.Errorf("%+v", list)
		}
		put(t, c, name, "key", nil)
		if acl := must(c.GetObjectAcl(t.Context(), &oss.GetObjectAclRequest{Bucket: &name, Key: oss.Ptr("key")}))(t); *acl.ACL != "default" {
			t.Errorf("%+v", acl)
		}
		must(c.PutObjectAcl(t.Context(), &oss.PutObjectAclRequest{Bucket: &name, Key: oss.Ptr("key"), Acl: oss.ObjectACLPrivate}))(t)
		must(c.PutObjectTagging(t.Context(), &oss.PutObjectTaggingRequest{Bucket: &name, Key: oss.Ptr("key"), Tagging: &oss.Tagging{TagSet: &oss.TagSet{Tags: []oss.Tag{{Key: oss.Ptr("a"), Value: oss.Ptr("b")}}}}}))(t)
		if tags := must(c.GetObjectTagging(t.Context(), &oss.GetObjectTaggingRequest{Bucket: &name, Key: oss.Ptr("key")}))(t).Tags; len(tags) != 1 || *tags[0].Value != "b" {
			t.Errorf("%+v", tags)
		}
		refusal(c.DeleteBucket(t.Context(), &oss.DeleteBucketRequest{Bucket: &name}))(t, 409, "BucketNotEmpty")
		must(c.DeleteObject(t.Context(), &oss.DeleteObjectRequest{Bucket: &name, Key: oss.Ptr("key")}))(t)
		must(c.DeleteBucket(t.Context(), &oss.DeleteBucketRequest{Bucket: &name}))(t)
		refusal(c.GetBucketInfo(t.Context(), &oss.GetBucketInfoRequest{Bucket: &name}))(t, 404, "NoSuchBucket")
	})
}

// TestHosts sends requests to OSS's own hosts, which a dialer brings to the server.
func TestHosts(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			server := ossfake.Start(t, ossfake.Options{})
			bucket := server.CreateBucket(t)
			server.Put(bucket, "key", []byte("data"), nil)
			server.BindCNAME("files.example.com", bucket)
			transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, strings.TrimPrefix(server.Endpoint, "http://"))
			}}
			t.Cleanup(transport.CloseIdleConnections)
			at := func(endpoint string, cname bool) *oss.Client {
				return client(t, server, version, func(c *oss.Config) {
					c.WithEndpoint(endpoint).WithUseCName(cname).WithHttpClient(&http.Client{Transport: transport})
				})
			}
			request := &oss.GetObjectRequest{Bucket: &bucket, Key: oss.Ptr("key")}
			get(t, at("http://oss-cn-hangzhou.aliyuncs.com", false), request)
			get(t, at("http://oss-cn-hangzhou-internal.aliyuncs.com", false), request)
			get(t, at("http://files.example.com", true), request)
			_, err := at("http://oss-eu-central-1.aliyuncs.com", false).GetObject(t.Context(), request)
			refused(t, err, 403, "AccessDenied", "0003-00001403")
			server.SetAccelerationEffective(bucket, true)
			server.ClearRequests()
			get(t, at("http://oss-accelerate.aliyuncs.com", false), request)
			if r := server.Requests(); len(r) != 1 || r[0].Endpoint != ossfake.Accelerated {
				t.Errorf("%+v", r)
			}
			path := client(t, server, version, func(c *oss.Config) {
				c.WithEndpoint("http://oss-cn-hangzhou.aliyuncs.com").WithUsePathStyle(true).WithHttpClient(&http.Client{Transport: transport})
			})
			_, err = path.GetObject(t.Context(), request)
			refused(t, err, 403, "SecondLevelDomainForbidden")
		})
	}
}

func TestWatching(t *testing.T) {
	server := ossfake.Start(t, ossfake.Options{MaxBytes: 1000})
	bucket := server.CreateBucket(t)
	c := client(t, server, oss.SignatureVersionV4)
	server.OnRequest(func(r ossfake.Request) {
		if r.Operation == "HeadObject" && r.Status == 0 {
			server.Put(bucket, r.Key, []byte("planted"), nil)
		}
	})
	if head := must(c.HeadObject(t.Context(), &oss.HeadObjectRequest{Bucket: &bucket, Key: oss.Ptr("key")}))(t); head.ContentLength != 7 {
		t.Errorf("%+v", head)
	}
	server.OnRequest(nil)
	server.Throttle(func(r ossfake.Request) bool { return r.Operation == "PutObject" }, 1, ossfake.Refusal{RetryAfter: 3 * time.Second})
	must(c.HeadObject(t.Context(), &oss.HeadObjectRequest{Bucket: &bucket, Key: oss.Ptr("key")}))(t)
	write := func(size int) error {
		_, err := c.PutObject(t.Context(), &oss.PutObjectRequest{Bucket: &bucket, Key: oss.Ptr("new"), Body: strings.NewReader(strings.Repeat("x", size))})
		return err
	}
	if e := refused(t, write(10), 503, "QpsLimitExceeded"); e.Headers.Get("Retry-After") != "3" {
		t.Errorf("%v", e.Headers)
	}
	if err := write(993); err != nil {
		t.Error(err)
	}
	refused(t, write(994), 400, "FakeIsFull")  // with what exists
	refused(t, write(1001), 400, "FakeIsFull") // by itself
	var operations []string
	for _, r := range server.Requests() {
		operations = append(operations, r.Operation)
		if r.Operation == "PutObject" && r.Status == 200 && (r.Bytes != 993 || r.Bucket != bucket || r.Key != "new" || r.Path != "/"+bucket+"/new") {
			t.Errorf("%+v", r)
		}
	}
	if got := strings.Join(operations, " "); got != "HeadObject HeadObject PutObject PutObject PutObject PutObject" {
		t.Error(got)
	}
	server.ClearRequests()
	if len(server.Requests()) != 0 {
		t.Error("not forgotten")
	}
}
