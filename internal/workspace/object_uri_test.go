package workspace_test

import (
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

func TestParseObjectURI(t *testing.T) {
	for uri, want := range map[string]workspace.ObjectURI{
		"s3://acme/releases/job.jar":  {"s3", s3, "acme", "releases/job.jar"},
		"s3a://acme/job.jar":          {"s3a", s3, "acme", "job.jar"},
		"oss://acme/a b/ü+%20.jar":    {"oss", oss, "acme", "a b/ü+%20.jar"},
		"file:///srv/builds/job.jar":  {"file", file, "/srv/builds", "job.jar"},
		"file:///job.jar":             {"file", file, "/", "job.jar"},
		"s3://acme/we@home/x@y.jar":   {"s3", s3, "acme", "we@home/x@y.jar"},
		"s3://acme/namespaces/x/.jar": {"s3", s3, "acme", "namespaces/x/.jar"},
	} {
		if got, err := backends.ParseObjectURI(uri); err != nil || got != want {
			t.Errorf("%s: %+v, %v", uri, got, err)
		}
	}
}

func TestParseObjectURIRefuses(t *testing.T) {
	for uri, want := range map[string]string{
		"":                                "begins with the scheme of a store",
		"https://repo/job.jar":            "begins with the scheme of a store; known are file://, oss://, s3://",
		"s3:/acme/job.jar":                "begins with the scheme of a store",
		"s3://acme":                       "names a bucket",
		"s3://acme/":                      "names a directory",
		"s3://acme/dir/":                  "names a directory",
		"s3://key:hush@acme/job.jar":      "no user or password",
		"s3://acme/job.jar?sig=hush":      "no query",
		"s3://acme/job.jar#hush":          "no fragment",
		"s3:///job.jar":                   "names no bucket",
		"s3://acme/a//job.jar":            "empty part",
		"s3://acme/../job.jar":            `must not be ".."`,
		"s3://acme/a\tb.jar":              "control character",
		"file://host/job.jar":             "three slashes",
		"file:///":                        "names a directory",
		"oss://Acme/job.jar":              "is narrow",
		"s3://acme/" + long(1025):         "1025 bytes",
		"oss://acme/" + long(1024):        "1024 bytes",
		"s3://acme/" + long(20_000):       "20010 bytes",
		"s3://" + long(20_000):            "bytes",
		"s3://acme/" + long(20_000) + "?": "no query",
	} {
		_, err := backends.ParseObjectURI(uri)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v, want %q", uri, err, want)
			continue
		}
		if strings.Contains(err.Error(), "hush") || len(err.Error()) > 1000 {
			t.Errorf("%.60s: the message repeats too much: %.200s", uri, err)
		}
	}
}

// long is a path of n bytes, in parts that each are short enough.
func long(n int) string {
	return strings.Repeat("x", n%100) + strings.Repeat("/"+strings.Repeat("y", 99), n/100)
}
