package provider_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/secrettest"
)

// Whatever is wrong with the store, the error names bucket and operation and says what to do, and what exists stays in the state.
func TestStoreFailures(t *testing.T) {
	server := versitygw.Start(t, versitygw.Options{})
	secure := versitygw.Start(t, versitygw.Options{TLS: true})
	bucket := server.CreateBucket(t)
	accessKey, secretKey := server.CreateUser(t)
	path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)

	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, "<html><title>Welcome to nginx</title></html>")
	}))
	t.Cleanup(page.Close)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("x-amz-bucket-region", "eu-central-1")
		w.WriteHeader(http.StatusMovedPermanently)
	}))
	t.Cleanup(elsewhere.Close)
	const nobody = "http://127.0.0.1:1"

	cases := map[string]struct {
		bucket, endpoint, accessKey, secretKey string
		want                                   []string
	}{
		"no such bucket":      {"no-such-bucket", server.Endpoint, server.AccessKey, server.SecretKey, []string{"No such bucket", "s3://no-such-bucket/", "What to do:"}},
		"access denied":       {bucket, server.Endpoint, accessKey, secretKey, []string{"Access denied", "s3://" + bucket, "What to do:"}},
		"unknown access key":  {bucket, server.Endpoint, "nobody", secrettest.Mark, []string{"No valid credentials", "s3://" + bucket, "What to do:"}},
		"wrong secret":        {bucket, server.Endpoint, server.AccessKey, secrettest.Mark, []string{"No valid credentials", "s3://" + bucket, "What to do:"}},
		"another region":      {bucket, elsewhere.URL, "key", secrettest.Mark, []string{"The bucket is in another region", "eu-central-1", "What to do:"}},
		"TLS to a plain port": {bucket, strings.Replace(server.Endpoint, "http:", "https:", 1), "key", secrettest.Mark, []string{"The store cannot be reached", "s3://" + bucket, "What to do:", "http"}},
		"plain to a TLS port": {bucket, strings.Replace(secure.Endpoint, "https:", "http:", 1), "key", secrettest.Mark, []string{"The store cannot be reached", "s3://" + bucket, "What to do:", "https"}},
		"a private CA":        {bucket, secure.Endpoint, "key", secrettest.Mark, []string{"The store cannot be reached", "s3://" + bucket, "What to do:", "custom_ca_bundle"}},
		"no object store":     {bucket, page.URL, "key", secrettest.Mark, []string{"The endpoint is not an object store", "s3://" + bucket, "What to do:"}},
		"nobody listens":      {bucket, nobody, "key", secrettest.Mark, []string{"The store cannot be reached", "s3://" + bucket, "What to do:"}},
	}
	configured := func(bucket, endpoint, accessKey, secretKey string) string {
		return fmt.Sprintf("provider \"flink\" {\n base_uri = \"s3://%s/vvp\"\n max_retries = 0\n s3 = {\n region = \"us-east-1\"\n endpoint = %q\n access_key = %q\n secret_key = %q\n}\n}\n%s",
			bucket, endpoint, accessKey, secretKey, artifact("job", fromFile(path)))
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			config := configured(test.bucket, test.endpoint, test.accessKey, test.secretKey)
			applies(t, step(config, words(test.want...)))
		})
		if name == "no such bucket" {
			continue
		}
		// With an object in the state, the same failure at a refresh is an error too, and never a removal.
		t.Run(name+" at a refresh", func(t *testing.T) {
			p := inBucket(t, server)
			bucket, _, _ := strings.Cut(strings.TrimPrefix(p.baseURI, "s3://"), "/")
			good := configured(bucket, server.Endpoint, server.AccessKey, server.SecretKey)
			applies(t,
				step(good),
				step(configured(bucket, test.endpoint, test.accessKey, test.secretKey), planOnly, words(test.want[0])),
				unchanged(good),
			)
		})
	}
}

// A bucket that is gone takes what is in it out of the state, so that the next plan creates it. The apply is an error that names the bucket, and a destroy works.
func TestBucketGone(t *testing.T) {
	path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
	for name, test := range map[string]struct{ config, object, creating string }{
		"artifact":  {artifact("job", fromFile(path)), jobPath, ""},
		"workspace": {workspaceStorage("storage", `directories = ["logs"]`), "logs/", "Creating directories in "},
	} {
		t.Run(name, func(t *testing.T) {
			server := versitygw.Start(t, versitygw.Options{})
			p := inBucket(t, server)
			bucket, _, _ := strings.Cut(strings.TrimPrefix(p.baseURI, "s3://"), "/")
			applies(t,
				step(p.provider()+test.config),
				step(p.provider()+test.config, prepare(func() { p.remove(t, test.object); deleteBucket(t, server, bucket) }),
					words("No such bucket", test.creating+"s3://"+bucket, "What to do")),
			)
		})
	}
}

func deleteBucket(t *testing.T, server *versitygw.Server, bucket string) {
	t.Helper()
	if _, err := server.Client().DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: &bucket}); err != nil {
		t.Fatal(err)
	}
}

// The store's own certificate authority, and buckets that keep versions.
func TestArtifactOnOtherServers(t *testing.T) {
	for name, options := range map[string]versitygw.Options{
		"tls":        {TLS: true},
		"versioning": {Versioning: true},
	} {
		t.Run(name, func(t *testing.T) {
			p := inBucket(t, versitygw.Start(t, options))
			path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
			config := p.provider() + artifact("job", fromFile(path), `metadata = { team = "payments" }`)
			versioned := resource.TestCheckNoResourceAttr(job, "version_id")
			if options.Versioning {
				versioned = resource.TestCheckResourceAttrSet(job, "version_id")
			}
			applies(t,
				step(config, versioned),
				unchanged(config),
				step(config, prepare(func() { writeFile(t, path, otherJob) }), versioned, p.holding(t, jobPath, otherJob)),
				unchanged(config),
				step(p.provider(), p.holding(t, jobPath, "")),
			)
		})
	}
}
