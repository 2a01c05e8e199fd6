package provider_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/secrettest"
)

// Whatever is wrong with OSS or with a request to it, the error says what to do, nothing is lost, and no secret is shown.
func TestOSSFailures(t *testing.T) {
	const secret = secrettest.Mark + "-0123456789"
	server := ossfake.Start(t, ossfake.Options{})
	skewed := ossfake.Start(t, ossfake.Options{})
	skewed.SetClock(time.Hour)
	skewed.CreateBucketNamed("acme-flink", ossfake.BucketOptions{})
	for name, options := range map[string]ossfake.BucketOptions{
		"acme-flink":     {},
		"acme-elsewhere": {Region: "cn-beijing"},
		"acme-theirs":    {OwnedByOther: true},
		"acme-cname":     {CNAMERequired: true},
	} {
		server.CreateBucketNamed(name, options)
	}
	server.AddKey(ossfake.Key{AccessKey: "STS.expired", SecretKey: secret, SecurityToken: secret + "-token", Expires: time.Now().Add(-time.Minute)})
	server.AddKey(ossfake.Key{AccessKey: "reader", SecretKey: secret, Denied: []string{"PutObject"}})
	path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)

	good := ossBlock(server.Endpoint, server.Region, server.AccessKey, server.SecretKey)
	cases := map[string]struct {
		bucket, block string
		want          []string
	}{
		"wrong secret":         {"acme-flink", ossBlock(server.Endpoint, server.Region, server.AccessKey, secret), []string{"No valid credentials", "SignatureDoesNotMatch", "What to do:", "secret_key"}},
		"unknown access key":   {"acme-flink", ossBlock(server.Endpoint, server.Region, "nobody", secret), []string{"No valid credentials", "InvalidAccessKeyId", "What to do:", "access_key"}},
		"expired token":        {"acme-flink", ossBlock(server.Endpoint, server.Region, "STS.expired", secret, fmt.Sprintf("security_token = %q", secret+"-token")), []string{"No valid credentials", "What to do:", "expired"}},
		"clock skew":           {"acme-flink", ossBlock(skewed.Endpoint, skewed.Region, skewed.AccessKey, skewed.SecretKey), []string{"No valid credentials", "RequestTimeTooSkewed", "What to do:", "clock"}},
		"unknown region":       {"acme-flink", ossBlock(server.Endpoint, "cn-nowhere", server.AccessKey, server.SecretKey), []string{"What to do:", "region"}},
		"V4 without a region":  {"acme-flink", strings.Replace(good, fmt.Sprintf("region = %q", server.Region), "", 1), []string{"What to do:", "region"}},
		"another region":       {"acme-elsewhere", good, []string{"The bucket is in another region", "What to do:", "oss-cn-beijing"}},
		"another account":      {"acme-theirs", good, []string{"Access denied", "What to do:"}},
		"a CNAME is required":  {"acme-cname", good, []string{"What to do:", "use_cname"}},
		"no such bucket":       {"acme-nowhere", good, []string{"No such bucket", "oss://acme-nowhere", "What to do:"}},
		"a missing permission": {"acme-flink", ossBlock(server.Endpoint, server.Region, "reader", secret), []string{"Access denied", "What to do:", "oss:PutObject"}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			config := fmt.Sprintf("provider \"flink\" {\n base_uri = \"oss://%s/vvp\"\n max_retries = 0\n %s}\n", test.bucket, test.block) + artifact("job", fromFile(path))
			r := newRoot(t, config)
			output := r.fails(t, "apply")
			says(t, output, test.want...)
			if strings.Contains(output, secret) || strings.Contains(output, server.SecretKey) || strings.Contains(output, "StringToSign") {
				t.Errorf("a secret is shown:\n%s", output)
			}
			if left := server.Objects(test.bucket); len(left) > 0 {
				t.Errorf("there is %v", left)
			}
		})
	}
}

// With an object in the state, a failure at a refresh is an error, and never a removal.
func TestOSSFailureAtARefresh(t *testing.T) {
	server := ossfake.Start(t, ossfake.Options{})
	p, bucket := inOSSBucket(t, server)
	path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
	with := func(secret string) string {
		return fmt.Sprintf("provider \"flink\" {\n base_uri = %q\n max_retries = 0\n %s}\n", p.baseURI, ossBlock(server.Endpoint, server.Region, server.AccessKey, secret)) + artifact("job", fromFile(path))
	}
	denied := func(denied bool) func() {
		return func() {
			key := ossfake.Key{AccessKey: server.AccessKey, SecretKey: server.SecretKey}
			if denied {
				key.Denied = []string{"HeadObject", "GetObject", "ListObjectsV2"}
			}
			server.AddKey(key)
		}
	}
	applies(t,
		step(with(server.SecretKey), p.holding(t, jobPath, firstJob)),
		step(with("wrong"), planOnly, words("No valid credentials", "oss://"+bucket.name)),
		step(with(server.SecretKey), prepare(denied(true)), planOnly, words("Access denied", "oss://"+bucket.name)),
		step(with(server.SecretKey), prepare(denied(false)), planOnly),
	)
}
