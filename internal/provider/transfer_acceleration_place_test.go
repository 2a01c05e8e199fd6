package provider_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/acceleratefake"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// The states of a bucket's acceleration, as a test has them.
const (
	never = "never set"
	off   = "off"
	on    = "on"
)

// acceleratedPlace is a workspace in a bucket that can be accelerated, and what a person and a cloud do to it.
type acceleratedPlace struct {
	place
	bucket   string
	uri      string // of the bucket
	endpoint string // the accelerated one
	regional string // the other one; only on S3

	other func(t *testing.T) acceleratedPlace // another bucket of the same server; only on S3

	status func(t *testing.T) string
	set    func(t *testing.T, status string) // by hand
	delete func(t *testing.T)                // the bucket
	// takes lets the accelerated endpoint refuse so many requests as if it were off.
	takes func(requests int)
	// refuse says how the acceleration is refused from now on.
	refuse func(how string)
	// requests are those since the last time: "read", "switch", "try", and with "fast " before it what else came to the accelerated
	// endpoint.
	requests func() []string
}

// The ways to refuse the acceleration.
const (
	nothing     = ""
	unsupported = "unsupported"
	denied      = "denied"
)

// inEveryAcceleratedPlace runs a test on the fake of OSS and on a real S3 server behind a fake of its switch; with -short or OpenTofu on the first alone.
func inEveryAcceleratedPlace(t *testing.T, test func(t *testing.T, p acceleratedPlace)) {
	t.Helper()
	places := map[string]func(*testing.T) acceleratedPlace{"oss": onAcceleratedOSS, "s3": onAcceleratedS3}
	if testing.Short() || withOpenTofu() {
		delete(places, "s3")
	}
	for name, on := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, on(t))
		})
	}
}

func onAcceleratedS3(t *testing.T) acceleratedPlace {
	t.Helper()
	server := versitygw.Start(t, versitygw.Options{})
	fake := acceleratefake.Start(t, server.Endpoint)
	return inAcceleratedBucket(t, server, fake)
}

func inAcceleratedBucket(t *testing.T, server *versitygw.Server, fake *acceleratefake.Fake) acceleratedPlace {
	t.Helper()
	through := *server
	through.Endpoint = fake.URL
	p := inBucket(t, &through)
	p.block = strings.Replace(p.block, "s3 = {\n", fmt.Sprintf("s3 = {\n accelerate_endpoint = %q\n", fake.AccelerateURL), 1)
	bucket, _, _ := strings.Cut(strings.TrimPrefix(p.baseURI, "s3://"), "/")
	words := map[string]string{never: acceleratefake.NeverSet, off: acceleratefake.Suspended, on: acceleratefake.Enabled}
	return acceleratedPlace{
		place: p, bucket: bucket, uri: "s3://" + bucket,
		endpoint: fake.AccelerateURL, regional: fake.URL,
		other: func(t *testing.T) acceleratedPlace { t.Helper(); return inAcceleratedBucket(t, server, fake) },
		status: func(t *testing.T) string {
			t.Helper()
			for word, status := range words {
				if status == fake.Status(bucket) {
					return word
				}
			}
			t.Fatalf("status %q", fake.Status(bucket))
			return ""
		},
		set:    func(_ *testing.T, status string) { fake.Set(bucket, words[status]) },
		delete: func(t *testing.T) { t.Helper(); deleteBucket(t, server, bucket) },
		takes:  fake.EffectAfter,
		refuse: func(how string) {
			fake.Refuse(map[string]acceleratefake.Refusal{nothing: acceleratefake.None, unsupported: acceleratefake.MethodNotAllowed, denied: acceleratefake.AccessDenied}[how])
		},
		requests: func() []string {
			texts := fake.Take()
			for i, text := range texts {
				switch text {
				case "GET ?accelerate":
					texts[i] = "read"
				case "PUT ?accelerate":
					texts[i] = "switch"
				case "fast GET ?list-type":
					texts[i] = "try"
				}
			}
			return texts
		},
	}
}

func onAcceleratedOSS(t *testing.T) acceleratedPlace {
	t.Helper()
	server := ossfake.Start(t, ossfake.Options{})
	p, bucket := inOSSBucket(t, server)
	const many = 1 << 30
	var refused atomic.Value
	refused.Store(nothing)
	isConfiguration := func(r ossfake.Request) bool { return strings.HasSuffix(r.Operation, "BucketTransferAcceleration") }
	server.Throttle(func(r ossfake.Request) bool { return refused.Load() == unsupported && isConfiguration(r) }, many,
		ossfake.Refusal{Status: http.StatusForbidden, Code: "TransferAccelerationDisabled", EC: "0028-00000001"})
	server.Throttle(func(r ossfake.Request) bool { return refused.Load() == denied && isConfiguration(r) }, many,
		ossfake.Refusal{Status: http.StatusForbidden, Code: "AccessDenied", EC: "0003-00000001", Message: "You have no right to access this object because of bucket acl."})
	return acceleratedPlace{
		place: p, bucket: bucket.name, uri: "oss://" + bucket.name,
		endpoint: server.AccelerateEndpoint,
		status:   bucket.acceleration,
		set:      bucket.setAcceleration,
		delete: func(t *testing.T) {
			t.Helper()
			if _, err := bucket.client.DeleteBucket(t.Context(), &oss.DeleteBucketRequest{Bucket: &bucket.name}); err != nil {
				t.Fatal(err)
			}
		},
		takes: func(requests int) {
			server.Throttle(func(r ossfake.Request) bool { return r.Endpoint == ossfake.Accelerated }, requests,
				ossfake.Refusal{Status: http.StatusForbidden, Code: "AccessDenied", EC: "0028-00000002", Message: "The bucket does not enable transfer acceleration."})
		},
		refuse: func(how string) { refused.Store(how) },
		requests: func() []string {
			var texts []string
			for _, request := range server.Requests() {
				if strings.Contains(request.Header.Get("User-Agent"), "alibabacloud-oss-go-sdk-v2") {
					continue // the test's own
				}
				text := request.Operation
				switch {
				case text == "GetBucketTransferAcceleration":
					text = "read"
				case text == "PutBucketTransferAcceleration":
					text = "switch"
				case request.Endpoint == ossfake.Accelerated && text == "HeadObject":
					text = "try"
				case request.Endpoint == ossfake.Accelerated:
					text = "fast " + text
				}
				texts = append(texts, text)
			}
			server.ClearRequests()
			return texts
		},
	}
}

// is checks the bucket's acceleration.
func (p acceleratedPlace) is(t *testing.T, want string) {
	t.Helper()
	if got := p.status(t); got != want {
		t.Errorf("the acceleration is %s, want %s", got, want)
	}
}

// then checks it after a step.
func (p acceleratedPlace) then(t *testing.T, want string) resource.TestCheckFunc {
	t.Helper()
	return then(func() { t.Helper(); p.is(t, want) })
}

// sent compares the requests since the last time.
func (p acceleratedPlace) sent(t *testing.T, want ...string) {
	t.Helper()
	if got := p.requests(); !slices.Equal(got, want) {
		t.Errorf("requests: %q, want %q", got, want)
	}
}

// sending is the same after a step.
func (p acceleratedPlace) sending(t *testing.T, want ...string) resource.TestCheckFunc {
	t.Helper()
	return then(func() { t.Helper(); p.sent(t, want...) })
}

func (p acceleratedPlace) forget() { p.requests() }
