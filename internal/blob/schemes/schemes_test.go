package schemes_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
)

// The table has no scheme twice and no name twice, and each row has what messages need.
func TestTable(t *testing.T) {
	all := schemes.All.Schemes()
	if unique := slices.Compact(slices.Clone(all)); !slices.Equal(all, unique) {
		t.Errorf("a scheme has two rows: %v", all)
	}
	var names []string
	for _, backend := range schemes.All {
		names = append(names, backend.Name)
		if base, err := schemes.All.ParseBaseURI(backend.Form); err != nil || base.Backend != backend || backend.Title == "" {
			t.Errorf("%+v: a base URI like %q: %v", backend, backend.Form, err)
		}
		if hasIDs := backend.Name == "s3"; backend.CORSRuleIDs != hasIDs {
			t.Errorf("%s: CORS rules have IDs: %t", backend.Name, backend.CORSRuleIDs)
		}
	}
	slices.Sort(names)
	if len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("two rows have one name: %v", names)
	}
}

// What URIs of real stores look like, and which of them are the same place.
func TestURIs(t *testing.T) {
	for uri, canonical := range map[string]string{
		"oss://acme-flink/vvp/": "oss://acme-flink/vvp",
		"oss://0-a":             "oss://0-a",

		"oss://" + strings.Repeat("b", 63): "oss://" + strings.Repeat("b", 63),

		"s3://my.bucket_1/vvp": "s3://my.bucket_1/vvp",
		"s3a://acme/vvp":       "s3://acme/vvp",
		"s3i://acme/vvp":       "s3://acme/vvp",
		"s3p://acme/vvp":       "s3://acme/vvp",
		"file:///srv/flink":    "file:///srv/flink",
	} {
		base, err := schemes.All.ParseBaseURI(uri)
		if err != nil || base.Canonical().String() != canonical || base.String() != strings.TrimSuffix(uri, "/") {
			t.Errorf("%s: %+v, %v; want %s", uri, base, err, canonical)
		}
	}
	for uri, want := range map[string]string{
		"oss://my.bucket": "no name of an OSS bucket",
		"oss://Acme/x":    "no name of an OSS bucket",
		"oss://ab":        "3 to 63 lower-case letters",
		"oss://my_bucket": "no name of an OSS bucket",
		"oss://bucket-":   "without a \"-\" at either end",
		"oss://-bucket":   "no name of a bucket",
		"oss://bücket":    "no name of a bucket",

		"oss://" + strings.Repeat("b", 64): "no name of an OSS bucket",
		"s3://b":                           "from 2 to 255",
		"file://host/dir":                  "three slashes",
		"gopher://acme":                    "known are file://, oss://, s3://, s3a://, s3i://, s3p://",
		"oss://acme@b/vvp":                 "no user or password",
	} {
		if base, err := schemes.All.ParseBaseURI(uri); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v, %v; want %q", uri, base, err, want)
		}
	}
	if _, err := schemes.All.ParseObjectURI("oss://acme/" + strings.Repeat(strings.Repeat("k", 127)+"/", 8)[:1023]); err != nil {
		t.Error(err)
	}
	if _, err := schemes.All.ParseObjectURI("oss://acme/" + strings.Repeat(strings.Repeat("k", 127)+"/", 8) + "k"); err == nil || !strings.Contains(err.Error(), "1023 are the most") {
		t.Error(err)
	}
}

func TestWith(t *testing.T) {
	if got, want := schemes.With[blob.CORSConfigurer](), []string{"oss", "s3"}; !slices.Equal(got, want) {
		t.Errorf("CORS rules: %v, want %v", got, want)
	}
	if got, want := schemes.With[blob.Accelerator](), []string{"oss", "s3"}; !slices.Equal(got, want) {
		t.Errorf("acceleration: %v, want %v", got, want)
	}
}
