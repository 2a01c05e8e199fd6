package provider_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// place is a workspace in one kind of store, and what a person does there behind the provider's back. Paths are below the base
// URI.
type place struct {
	name    string
	baseURI string
	block   string // attributes of the provider's block, base_uri left out
	plant   func(t *testing.T, path string, data []byte)
	read    func(t *testing.T, path string) (data []byte, there bool)
	remove  func(t *testing.T, path string)
	// uploads lists what an upload left behind that is no object.
	uploads func(t *testing.T) []string
}

// withOpenTofu: the same tests have run with Terraform in every store, and what differs is the binary, which sees no store. All of them
// would double the time of a run. Tests that are about one store run with both, and so does TestSmoke.
func withOpenTofu() bool { return os.Getenv("TF_ACC_PROVIDER_HOST") == "registry.opentofu.org" }

// provider is the provider's block with this workspace as the default.
func (p place) provider() string {
	return fmt.Sprintf("provider \"flink\" {\n base_uri = %q\n%s\n}\n", p.baseURI, p.block)
}

// inEveryPlace runs a test on a local directory, in a bucket of a real S3 server, and in one of the OSS fake, side by side; with -short
// or OpenTofu on the directory alone.
func inEveryPlace(t *testing.T, test func(t *testing.T, p place)) {
	t.Helper()
	places := map[string]func(t *testing.T) place{
		"file": inDirectory,
		"oss": func(t *testing.T) place {
			t.Helper()
			p, _ := inOSSBucket(t, ossfake.Start(t, ossfake.Options{}))
			return p
		},
		"s3": func(t *testing.T) place { t.Helper(); return inBucket(t, versitygw.Start(t, versitygw.Options{})) },
	}
	if withOpenTofu() || testing.Short() {
		places = map[string]func(t *testing.T) place{"file": inDirectory}
	}
	for name, in := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, in(t))
		})
	}
}

func inDirectory(t *testing.T) place {
	t.Helper()
	root := t.TempDir()
	at := func(path string) string { return filepath.Join(root, filepath.FromSlash(path)) }
	return place{
		name:    "file",
		baseURI: "file://" + filepath.ToSlash(strings.TrimPrefix(root, filepath.VolumeName(root))), // on Windows, of the drive that the tests run on
		plant:   func(t *testing.T, path string, data []byte) { t.Helper(); writeFile(t, at(path), string(data)) },
		read: func(t *testing.T, path string) ([]byte, bool) {
			t.Helper()
			data, err := os.ReadFile(at(path))
			if errors.Is(err, fs.ErrNotExist) {
				return nil, false
			}
			if err != nil {
				t.Fatal(err)
			}
			return data, true
		},
		remove: func(t *testing.T, path string) {
			t.Helper()
			if err := os.Remove(at(path)); err != nil {
				t.Fatal(err)
			}
		},
		uploads: func(t *testing.T) []string {
			t.Helper()
			left, err := filepath.Glob(filepath.Join(root, "artifacts", "namespaces", "*", ".*"))
			if err != nil {
				t.Fatal(err)
			}
			return left
		},
	}
}

func inBucket(t *testing.T, server *versitygw.Server) place {
	t.Helper()
	bucket := server.CreateBucket(t)
	const prefix = "vvp"
	key := func(path string) *string { return aws.String(prefix + "/" + path) }
	client := server.Client()
	block := fmt.Sprintf("s3 = {\n endpoint = %q\n conditional_writes = \"trusted\"\n access_key = %q\n secret_key = %q\n}\n", server.Endpoint, server.AccessKey, server.SecretKey)
	if server.CAFile != "" {
		block += fmt.Sprintf("custom_ca_bundle = %q\n", server.CAFile)
	}
	return place{
		name:    "s3",
		baseURI: "s3://" + bucket + "/" + prefix,
		block:   block,
		plant:   func(t *testing.T, path string, data []byte) { t.Helper(); server.Put(t, bucket, *key(path), data) },
		read: func(t *testing.T, path string) ([]byte, bool) {
			t.Helper()
			return server.Object(t, bucket, *key(path))
		},
		remove: func(t *testing.T, path string) {
			t.Helper()
			if _, err := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &bucket, Key: key(path)}); err != nil {
				t.Fatal(err)
			}
		},
		uploads: func(t *testing.T) []string { t.Helper(); return server.OpenUploads(t, bucket) },
	}
}

// holds checks what lies at a path; "" stands for nothing.
func (p place) holds(t *testing.T, path, want string) {
	t.Helper()
	data, there := p.read(t, path)
	switch {
	case want == "" && there:
		t.Errorf("%s is still there: %q", path, data)
	case want != "" && !there:
		t.Errorf("%s is not there, want %q", path, want)
	case string(data) != want:
		t.Errorf("%s holds %q, want %q", path, data, want)
	}
	if left := p.uploads(t); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// holding is the same after a step.
func (p place) holding(t *testing.T, path, want string) resource.TestCheckFunc {
	t.Helper()
	return then(func() { t.Helper(); p.holds(t, path, want) })
}
