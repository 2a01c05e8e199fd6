package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/result"
)

// root is a root module, its state and its cache. What it makes in the store is below the prefix of the root's name.
type root struct {
	lab     *lab
	name    string
	plugin  string // "": Terraform alone
	metered bool
	count   int
	size    int64  // of all objects
	cache   string // the user's cache directory
}

// objects are what a configuration puts into the store: one from a file, or count of them, each from "PATH/file-N".
type objects struct {
	count int
	path  string
	size  int64 // of all
}

// many are the files that manyFiles made.
func many(directory string, count int, each int64) objects {
	return objects{count, filepath.Join(directory, "file-${count.index}"), int64(count) * each}
}

func single(path string, size int64) objects { return objects{1, path, size} }

// root writes a configuration of one resource type. The body of the resource is said in attributes.
func (l *lab) root(plugin string, o objects, body string) (*root, error) {
	l.roots++
	r := &root{lab: l, name: fmt.Sprintf("root-%d", l.roots), plugin: plugin, metered: plugin != "", count: o.count, size: o.size}
	r.cache = l.path("cache", r.name)
	if err := os.MkdirAll(r.directory(), 0o755); err != nil {
		return nil, err
	}
	return r, r.write(body)
}

func (r *root) directory() string { return r.lab.path("roots", r.name) }

func (r *root) write(body string) error {
	return os.WriteFile(filepath.Join(r.directory(), "main.tf"), []byte(header(r)+body), 0o644)
}

// header is the provider's block. The host of the store is a variable, so that the same root goes through a proxy or not.
func header(r *root) string {
	if r.plugin == "" {
		return ""
	}
	name := strings.TrimPrefix(binary(r.plugin), "terraform-provider-")
	text := fmt.Sprintf("terraform {\n  required_providers {\n    %s = { source = %q }\n  }\n}\n\nvariable \"host\" {\n  type = string\n}\n\n", name, sources[r.plugin])
	switch name {
	case pluginFlink:
		return text + fmt.Sprintf("provider \"flink\" {\n  base_uri = \"s3://%s/%s\"\n  s3       = { endpoint = \"http://${var.host}\", conditional_writes = \"trusted\" }\n}\n\n", bucket, r.name)
	case pluginMinio:
		return text + fmt.Sprintf("provider \"minio\" {\n  minio_server   = var.host\n  minio_region   = %q\n  minio_user     = %q\n  minio_password = %q\n}\n\n", region, accessKey, secretKey)
	case pluginAWS:
		return text + "provider \"aws\" {\n  s3_use_path_style           = true\n  skip_credentials_validation = true\n" +
			"  skip_metadata_api_check     = true\n  skip_requesting_account_id  = true\n  skip_region_validation      = true\n" +
			"  endpoints {\n    s3 = \"http://${var.host}\"\n  }\n}\n\n"
	}
	return text
}

// key is the last part of an object's name: that of its file.
func (o objects) key() string { return filepath.Base(o.path) }

// counted is "count = N", unless there is one.
func (o objects) counted() string {
	if o.count == 1 {
		return ""
	}
	return fmt.Sprintf("  count = %d\n", o.count)
}

// The resources by which each provider makes the objects.

func flinkRoot(l *lab, o objects) (*root, error) {
	return l.root(pluginFlink, o, flinkBody(o, ""))
}

func flinkBody(o objects, more string) string {
	return fmt.Sprintf("resource \"flink_artifact\" \"bench\" {\n%s  namespace = \"default\"\n  source    = \"%s\"\n%s}\n", o.counted(), o.path, more)
}

// silentRoot sends nothing.
func silentRoot(l *lab, o objects) (*root, error) {
	r, err := l.root(pluginSilent, o, flinkBody(o, ""))
	if err == nil {
		r.size, r.count = 0, 0
	}
	return r, err
}

// dataRoot is Terraform alone, with as many resources.
func dataRoot(l *lab, o objects) (*root, error) {
	body := fmt.Sprintf("resource \"terraform_data\" \"bench\" {\n%s  input = \"%s\"\n}\n", o.counted(), o.path)
	r, err := l.root("", o, body)
	if err == nil {
		r.size, r.count = 0, 0
	}
	return r, err
}

// minioRoot sees a changed file only with a hash: without one nothing is read at plan.
func minioRoot(l *lab, o objects, hashed bool) (*root, error) {
	hash := ""
	if hashed {
		hash = fmt.Sprintf("  metadata = { hash = filesha256(\"%s\") }\n", o.path)
	}
	r, err := l.root(pluginMinio, o, "")
	if err != nil {
		return nil, err
	}
	return r, r.write(fmt.Sprintf("resource \"minio_s3_object\" \"bench\" {\n%s  bucket_name = %q\n  object_name = \"%s/%s\"\n  source      = \"%s\"\n%s}\n",
		o.counted(), bucket, r.name, o.key(), o.path, hash))
}

// awsRoot hashes, as its documentation has it for files that change.
func awsRoot(l *lab, o objects) (*root, error) {
	r, err := l.root(pluginAWS, o, "")
	if err != nil {
		return nil, err
	}
	return r, r.write(fmt.Sprintf("resource \"aws_s3_object\" \"bench\" {\n%s  bucket      = %q\n  key         = \"%s/%s\"\n  source      = \"%s\"\n  source_hash = filemd5(\"%s\")\n}\n",
		o.counted(), bucket, r.name, o.key(), o.path, o.path))
}

// terraform runs Terraform with the store at host.
func (r *root) terraform(ctx context.Context, host string, args ...string) (result.Sample, error) {
	kind, metered := "bin", ""
	if r.metered {
		kind, metered = "metered", r.plugin
	}
	environment := []string{"TF_CLI_CONFIG_FILE=" + r.lab.path("bin", kind+"-"+r.plugin+".tfrc")}
	if r.plugin == "" {
		environment = nil
	}
	return r.lab.meter(ctx, command{
		name: r.name, directory: r.directory(), plugin: metered,
		environment: r.lab.environment(r.cache, append(environment, "TF_VAR_host="+host)...),
		args:        append([]string{r.lab.terraform}, args...),
	})
}

func (r *root) apply(ctx context.Context, host string, more ...string) (result.Sample, error) {
	return r.terraform(ctx, host, append([]string{"apply", "-auto-approve", "-input=false", "-no-color"}, more...)...)
}

// plan fails where there is something to do.
func (r *root) plan(ctx context.Context, host string) (result.Sample, error) {
	return r.terraform(ctx, host, "plan", "-detailed-exitcode", "-input=false", "-no-color")
}

func (r *root) destroy(ctx context.Context, host string, more ...string) (result.Sample, error) {
	return r.terraform(ctx, host, append([]string{"destroy", "-auto-approve", "-input=false", "-no-color"}, more...)...)
}

// forget removes the state and what is in the store.
func (r *root) forget() error {
	for _, name := range []string{"terraform.tfstate", "terraform.tfstate.backup", ".terraform.tfstate.lock.info"} {
		if err := remove(filepath.Join(r.directory(), name)); err != nil {
			return err
		}
	}
	return r.lab.store.clear(r.name)
}

// forgetDigests empties the user's cache.
func (r *root) forgetDigests() error { return os.RemoveAll(r.cache) }

// check looks behind the store for what an apply should have made.
func (r *root) check() error { return r.lab.store.holds(r.name, r.count, r.size) }
