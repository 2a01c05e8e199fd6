package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"golang.org/x/sync/errgroup"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/secrettest"
)

const listing = "data.flink_artifacts.listing"

// lists is the block of a data source on the namespace default.
func lists(attributes ...string) string {
	return "data \"flink_artifacts\" \"listing\" {\n namespace = \"default\"\n " + strings.Join(attributes, "\n ") + "\n}\n"
}

func tells(attribute string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(listing, tfjsonpath.New(attribute), value)
}

func texts(values ...string) knownvalue.Check {
	var checks []knownvalue.Check
	for _, value := range values {
		checks = append(checks, knownvalue.StringExact(value))
	}
	return knownvalue.ListExact(checks)
}

func TestListArtifacts(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		directory := "artifacts/namespaces/default/"
		for name, data := range map[string]string{"b.jar": "bytes of b", "B.jar": "", "a b.py": "x", "deeper/c.jar": "not listed", "ä.txt": "y", ".hidden": "z"} {
			p.plant(t, directory+name, []byte(data))
		}
		p.plant(t, "artifacts/namespaces/default-2/other.jar", []byte("another namespace"))
		uri := func(name string) string { return p.baseURI + "/" + directory + name }
		entry := func(name string, size int64, sha256 knownvalue.Check) knownvalue.Check {
			return knownvalue.ObjectExact(map[string]knownvalue.Check{
				"filename": exactly(name), "uri": exactly(uri(name)), "size": knownvalue.Int64Exact(size), "content_sha256": sha256,
				"etag":               knownvalue.StringRegexp(regexp.MustCompile(`^[^"]+$`)),
				"last_modified":      knownvalue.StringRegexp(regexp.MustCompile(`^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$`)),
				"visible_in_console": knownvalue.Bool(true),
			})
		}
		applies(t,
			step(
				p.provider()+lists(), tells("base_uri", exactly(p.baseURI)), tells("filenames", texts(".hidden", "B.jar", "a b.py", "b.jar", "ä.txt")),
				tells("uris", texts(uri(".hidden"), uri("B.jar"), uri("a b.py"), uri("b.jar"), uri("ä.txt"))), tells("artifacts", knownvalue.ListExact([]knownvalue.Check{
					entry(".hidden", 1, knownvalue.Null()), entry("B.jar", 0, knownvalue.Null()), entry("a b.py", 1, knownvalue.Null()),
					entry("b.jar", 10, knownvalue.Null()), entry("ä.txt", 1, knownvalue.Null()),
				})),
			),
			step(p.provider()+lists(`glob = "{[ab]*,?.txt}"`), tells("filenames", texts("a b.py", "b.jar", "ä.txt"))),
			step(p.provider()+lists(`glob = "*.zip"`), tells("filenames", texts()), tells("uris", texts()), tells("artifacts", knownvalue.ListSizeExact(0))),
			// These were written by another client: their hash is that of their bytes.
			step(p.provider()+lists("include_sha256 = true", `glob = "*.jar"`), tells("artifacts", knownvalue.ListExact([]knownvalue.Check{
				entry("B.jar", 0, exactly(sha(""))), entry("b.jar", 10, exactly(sha("bytes of b"))),
			}))),
			step(
				fmt.Sprintf("provider \"flink\" {\n%s\n}\n", p.block)+"data \"flink_artifacts\" \"listing\" {\n namespace = \"nobody\"\n base_uri = \""+p.baseURI+"/\"\n}\n",
				tells("filenames", texts()), tells("base_uri", exactly(p.baseURI+"/")),
			),
		)
	})
}

// A listing after an apply has what was written there, with the hash stored beside it, and the same attributes.
func TestListOwnArtifacts(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		own := func(attribute string) statecheck.StateCheck {
			return statecheck.CompareValuePairs(job, tfjsonpath.New(attribute), listing, tfjsonpath.New("artifacts").AtSliceIndex(0).AtMapKey(attribute), compare.ValuesSame())
		}
		applies(t, step(
			p.provider()+artifact("job", `content = "x"`, `filename = "job.py"`)+lists("include_sha256 = true", "depends_on = [flink_artifact.job]"),
			own("filename"), own("uri"), own("size"), own("etag"), own("content_sha256"),
		))
	})
}

// More than a web console shows, and more than a page.
func TestListManyArtifacts(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		const count = 1005
		var group errgroup.Group
		group.SetLimit(8)
		for i := range count {
			group.Go(func() error {
				p.plant(t, fmt.Sprintf("artifacts/namespaces/default/job-%04d.jar", i), []byte("x"))
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		visible := func(at int, want bool) statecheck.StateCheck {
			return statecheck.ExpectKnownValue(listing, tfjsonpath.New("artifacts").AtSliceIndex(at).AtMapKey("visible_in_console"), knownvalue.Bool(want))
		}
		applies(t,
			step(
				p.provider()+lists(), tells("artifacts", knownvalue.ListSizeExact(count)), visible(0, true), visible(999, true), visible(1000, false),
				visible(1004, false),
			),
			// The glob does not change what a console shows.
			step(p.provider()+lists(`glob = "job-{0999,1000}.jar"`), tells("artifacts", knownvalue.ListSizeExact(2)), visible(0, true), visible(1, false)),
		)
	})
}

func TestListWarnings(t *testing.T) {
	p := inDirectory(t)
	for i := range 1001 {
		p.plant(t, fmt.Sprintf("artifacts/namespaces/default/%04d.jar", i), nil)
	}
	r := newRoot(t, p.provider()+lists(`glob = "x"`)+"output \"names\" {\n value = data.flink_artifacts.listing.filenames\n}\n")
	output := r.plan(t)
	if !words("Warning: Web consoles do not show all artifacts", "has 1001 artifacts", "the first 1000").MatchString(output) {
		t.Errorf("no warning past 1000:\n%s", output)
	}
	p.remove(t, "artifacts/namespaces/default/0000.jar")
	if output := r.plan(t); strings.Contains(output, "Warning: A web console") {
		t.Errorf("a warning of 1000:\n%s", output)
	}
}

// Names that others gave are listed as they are, or not at all, and then that is reported.
func TestListHostileNames(t *testing.T) {
	p := inBucket(t, versitygw.Start(t, versitygw.Options{}))
	directory := "artifacts/namespaces/default/"
	const decomposed = "e\u0301.jar" // Terraform would make one letter of the two characters
	for _, name := range []string{`a\b.jar`, "tab\t.jar", "100%.jar", "a+b&c=d<e>.jar", decomposed, "${x}.jar"} {
		p.plant(t, directory+name, []byte("x"))
	}
	r := newRoot(t, p.provider()+lists()+"output \"names\" {\n value = data.flink_artifacts.listing.filenames\n}\n")
	output := r.apply(t)
	if !words("Warning: Some file names cannot be listed", `"e\u0301.jar"`).MatchString(output) {
		t.Errorf("no warning:\n%s", output)
	}
	if got, want := strings.TrimSpace(r.run(t, "output", "-json", "names")), `["${x}.jar","100%.jar","a+b\u0026c=d\u003ce\u003e.jar","a\\b.jar","tab\t.jar"]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestListBadInput(t *testing.T) {
	root := t.TempDir()
	missing := "file://" + filepath.Join(root, "missing")
	provider := func(attributes string) string { return "provider \"flink\" {\n" + attributes + "\n}\n" }
	areRefused(t, map[string]refusal{
		"no base URI":       {provider("") + lists(), []string{"No base URI", "FLINK_BASE_URI"}},
		"base URI":          {provider("") + lists(`base_uri = "ftp://x"`), []string{"Invalid base URI", `"ftp://" is unknown`}},
		"namespace":         {provider("") + "data \"flink_artifacts\" \"listing\" {\n namespace = \"namespaces/default\"\n}\n", []string{"Invalid namespace", `Write "default"`}},
		"glob":              {provider("") + lists(`glob = "[a"`), []string{"Invalid glob", "is not a valid pattern"}},
		"missing directory": {provider(fmt.Sprintf("base_uri = %q", missing)) + lists(), []string{"No such bucket", "Listing " + missing, "does not exist", "What to do"}},
		"unknown base URI": {
			computed("file://"+root, "1") + provider("base_uri = terraform_data.computed.output") + lists(),
			[]string{"The base URI must be known during plan", "Set base_uri in this data block"},
		},
		"unknown settings": {
			computed("known", "1") + provider("base_uri = \"s3://bucket\"\n s3 = {\n access_key = \"x\"\n secret_key = "+onceKnown(secrettest.Mark)+"\n}") + lists(),
			[]string{"settings are not known yet", "s3", "depends_on"},
		},
	})
	if left, err := os.ReadDir(root); err != nil || len(left) > 0 {
		t.Errorf("something was written: %v, %v", left, err)
	}
}

// With a base URI of its own the data source waits until it is known.
func TestListUnknownBaseURI(t *testing.T) {
	p := inDirectory(t)
	p.plant(t, "artifacts/namespaces/default/job.jar", []byte("x"))
	applies(t, step(
		computed(p.baseURI, "1")+"provider \"flink\" {\n base_uri = terraform_data.computed.output\n}\n"+lists("base_uri = terraform_data.computed.output"),
		plansUnknown(listing, "uris"), tells("filenames", texts("job.jar")),
	))
}

func TestListMissingBucket(t *testing.T) {
	server := versitygw.Start(t, versitygw.Options{})
	p := inBucket(t, server)
	applies(t, step(p.provider()+lists(`base_uri = "s3://no-such-bucket-here"`), planOnly, words("No such bucket", "s3://no-such-bucket-here", "What to do")))
}
