package lifecycle_test

import (
	"context"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
)

// front is what buckets of all stores have in common: how the provider reaches them, and what fails on the way.
type front struct {
	schemes    []string // the spellings of the store's, the usual one first
	proxy      *faultproxy.Proxy
	fast       *faultproxy.Proxy // of the accelerated endpoint, which meets no fault
	block      tftypes.Value
	bucketName string
}

func newFront(t *testing.T, s served, endpoint, accelerated, region, accessKey, secretKey string, schemes ...string) front {
	t.Helper()
	f := front{schemes: schemes, proxy: finishing(t, endpoint), fast: finishing(t, accelerated)}
	f.block = withNulls(s.schema.Provider.ValueType().(tftypes.Object).AttributeTypes[f.name()], map[string]tftypes.Value{
		"endpoint": str(f.proxy.URL), "region": str(region), "access_key": str(accessKey), "secret_key": str(secretKey), "accelerate_endpoint": str(f.fast.URL),
	})
	return f
}

func (f front) name() string { return f.schemes[0] }

func (f front) provider() map[string]tftypes.Value {
	return map[string]tftypes.Value{"base_uri": str(f.bases("a")[0]), "digest_cache": boolean(false), f.name(): f.block}
}

func (f front) bases(prefix string) []string {
	base := "://" + f.bucketName + "/" + prefix
	bases := []string{f.name() + base, f.name() + base + "/"}
	for _, scheme := range f.schemes[1:] {
		bases = append(bases, scheme+base)
	}
	return bases
}

func (f front) remote(path string) string { return f.name() + "://" + f.bucketName + "/" + path }

// copies: an S3 server that is not AWS copies nothing, as conditional_writes is "checked" there.
func (f front) copies() bool { return f.name() != "s3" }

func (f front) end() {
	f.proxy.Clear()
	f.fast.Clear()
}

// faults are those of the proxy that a request in the middle of an apply meets.
var faults = map[string]faultproxy.Fault{
	"answer lost": faultproxy.LoseAnswer, "reset": faultproxy.Reset, "500": faultproxy.Refuse500, "503": faultproxy.Refuse503, "denied": faultproxy.Deny403,
	"answer cut": faultproxy.TruncateBody,
}

var httpHarms = []string{"cancelled", "cancelled", "answer lost", "answer lost", "reset", "500", "503", "denied", "answer cut"}

// finishing is a proxy that has the server do what was cancelled on its way, so that the test knows when it is done.
func finishing(t *testing.T, target string) *faultproxy.Proxy {
	t.Helper()
	proxy := faultproxy.Start(t, target, "")
	proxy.Finishes = true
	return proxy
}

// lateness is how much later a proxy of this process may get what was cancelled on its way. How long the server has it then does not follow from time: it is
// a process of its own, on a machine that may be busy.
const lateness = 300 * time.Millisecond

// settle waits until what was cancelled on its way is done. The model looks again then.
func (f front) settle() {
	time.Sleep(lateness)
	f.proxy.Quiet()
	f.fast.Quiet()
}

func (front) harms() []string { return httpHarms }

// harm lets the n-th request meet a fault, or be cancelled. A create has three requests or so.
func (f front) harm(kind string, n int) (context.Context, func()) {
	if kind == "cancelled" {
		ctx := newCountdown(n * 5)
		return ctx, func() {
			ctx.cancel()
			f.settle()
		}
	}
	f.proxy.Clear()
	f.proxy.Inject(faultproxy.Match{}, faults[kind], (n+2)/3, 1)
	return context.Background(), f.proxy.Clear
}
