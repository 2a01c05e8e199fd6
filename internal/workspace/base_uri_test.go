package workspace_test

import (
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

func TestParseBaseURI(t *testing.T) {
	cases := []struct {
		uri       string
		want      workspace.BaseURI
		text      string
		canonical string
		key       string // of "artifacts/x"
	}{
		{"s3://bucket", workspace.BaseURI{Scheme: "s3", Backend: s3, Bucket: "bucket"}, "s3://bucket", "s3://bucket", "artifacts/x"},
		{"s3://bucket/", workspace.BaseURI{Scheme: "s3", Backend: s3, Bucket: "bucket"}, "s3://bucket", "s3://bucket", "artifacts/x"},
		{"s3://bucket/vvp", workspace.BaseURI{Scheme: "s3", Backend: s3, Bucket: "bucket", Prefix: "vvp"}, "s3://bucket/vvp", "s3://bucket/vvp", "vvp/artifacts/x"},
		{"s3a://bucket/a/b/", workspace.BaseURI{Scheme: "s3a", Backend: s3, Bucket: "bucket", Prefix: "a/b"}, "s3a://bucket/a/b", "s3://bucket/a/b", "a/b/artifacts/x"},
		{"s3i://bucket", workspace.BaseURI{Scheme: "s3i", Backend: s3, Bucket: "bucket"}, "s3i://bucket", "s3://bucket", "artifacts/x"},
		{"s3p://my.bucket_1", workspace.BaseURI{Scheme: "s3p", Backend: s3, Bucket: "my.bucket_1"}, "s3p://my.bucket_1", "s3://my.bucket_1", "artifacts/x"},
		{"s3://bucket/a b%20c", workspace.BaseURI{Scheme: "s3", Backend: s3, Bucket: "bucket", Prefix: "a b%20c"}, "s3://bucket/a b%20c", "s3://bucket/a b%20c", "a b%20c/artifacts/x"},
		{"s3://bucket/a@b", workspace.BaseURI{Scheme: "s3", Backend: s3, Bucket: "bucket", Prefix: "a@b"}, "s3://bucket/a@b", "s3://bucket/a@b", "a@b/artifacts/x"},
		{"oss://bucket/vvp/", workspace.BaseURI{Scheme: "oss", Backend: oss, Bucket: "bucket", Prefix: "vvp"}, "oss://bucket/vvp", "oss://bucket/vvp", "vvp/artifacts/x"},
		{"file:///srv/flink", workspace.BaseURI{Scheme: "file", Backend: file, Bucket: "/srv/flink"}, "file:///srv/flink", "file:///srv/flink", "artifacts/x"},
		{"file:///srv/", workspace.BaseURI{Scheme: "file", Backend: file, Bucket: "/srv"}, "file:///srv", "file:///srv", "artifacts/x"},
	}
	for _, test := range cases {
		t.Run(test.uri, func(t *testing.T) {
			base, err := backends.ParseBaseURI(test.uri)
			if err != nil {
				t.Fatal(err)
			}
			if base != test.want {
				t.Errorf("got %+v, want %+v", base, test.want)
			}
			if base.String() != test.text || base.Canonical().String() != test.canonical {
				t.Errorf("got %q, canonical %q; want %q and %q", base, base.Canonical(), test.text, test.canonical)
			}
			if key := base.Key("artifacts/x"); key != test.key {
				t.Errorf("key %q, want %q", key, test.key)
			}
			if uri, want := base.URI("artifacts/x"), test.text+"/artifacts/x"; uri != want {
				t.Errorf("URI %q, want %q", uri, want)
			}
		})
	}
}

func TestParseBaseURIRefuses(t *testing.T) {
	cases := map[string]struct{ uri, says string }{
		"nothing":              {"", "is empty"},
		"no scheme":            {"bucket/vvp", `begins with a scheme and "://"; known are file://, oss://, s3://, s3a://, s3i://, s3p://`},
		"unknown scheme":       {"oos://bucket", `"oos://" is unknown; known are file://, oss://, s3://`},
		"scheme in capitals":   {"S3://bucket", `"S3://" is unknown`},
		"no bucket":            {"s3://", "names no bucket"},
		"prefix only":          {"s3:///vvp", "names no bucket"},
		"short bucket":         {"s3://b", `"b" is no name of a bucket`},
		"bucket with a port":   {"s3://bucket:9000", "is no name of a bucket"},
		"bucket of dots":       {"s3://..", "is no name of a bucket"},
		"own rule":             {"oss://my.bucket", `"my.bucket" is narrow`},
		"one character":        {"s3://a", "from 2 to 255"},
		"256 characters":       {"s3://" + strings.Repeat("b", 256), "from 2 to 255"},
		"query":                {"s3://bucket/vvp?versionId=1", "query"},
		"query on a bucket":    {"s3://bucket?x", "query"},
		"fragment":             {"s3://bucket/vvp#1", "fragment"},
		"userinfo":             {"s3://key:hush@bucket", "no user or password"},
		"two slashes at end":   {"s3://bucket/vvp//", "empty part between two slashes"},
		"slashes after bucket": {"s3://bucket//", "empty part between two slashes"},
		"two slashes inside":   {"s3://bucket/a//b", "empty part between two slashes"},
		"dot":                  {"s3://bucket/./b", `must not be "."`},
		"dots":                 {"s3://bucket/a/..", `must not be ".."`},
		"control character":    {"s3://bucket/a\nb", "control character U+000A"},
		"DEL":                  {"s3://bucket/a\x7fb", "control character U+007F"},
		"no UTF-8":             {"s3://bucket/a\xffb", "not valid UTF-8"},
		"long part":            {"s3://bucket/" + strings.Repeat("x", 256), "256 bytes; 255 are the most"},
		"file with a host":     {"file://host/dir", "three slashes"},
		"file without a path":  {"file://", "no directory below the root"},
		"the root":             {"file:///", "no directory below the root"},
		"relative file":        {"file://dir", "three slashes"},
		"file with dots":       {"file:///srv/../etc", `must not be ".."`},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			base, err := backends.ParseBaseURI(test.uri)
			if err == nil {
				t.Fatalf("%q was taken as %+v", test.uri, base)
			}
			if !strings.Contains(err.Error(), test.says) {
				t.Errorf("%q does not say %q", err, test.says)
			}
			if strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "versionId") {
				t.Errorf("%q repeats what may be a secret", err)
			}
		})
	}
}

func TestDirectories(t *testing.T) {
	for _, directory := range append(workspace.Directories(), "logs/x", "a b") {
		if err := workspace.CheckDirectory(directory); err != nil {
			t.Error(err)
		}
	}
	for _, directory := range []string{"", "/logs", "logs/", "a//b", "..", "a/../b", ".", "a\x00", "a\xff"} {
		if err := workspace.CheckDirectory(directory); err == nil {
			t.Errorf("%q was taken as a directory", directory)
		}
	}
	if err := workspace.CheckDirectory("/logs"); err == nil || !strings.Contains(err.Error(), "begins with a slash") {
		t.Errorf("%v", err)
	}
}
