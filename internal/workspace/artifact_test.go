package workspace_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

func TestArtifact(t *testing.T) {
	base, err := backends.ParseBaseURI("s3a://bucket/vvp/")
	if err != nil {
		t.Fatal(err)
	}
	artifact, err := workspace.NewArtifact(base, "default", "job 1.jar")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ got, want string }{
		{artifact.URI(), "s3a://bucket/vvp/artifacts/namespaces/default/job 1.jar"},
		{artifact.Canonical(), "s3://bucket/vvp/artifacts/namespaces/default/job 1.jar"},
		{artifact.Key(), "vvp/artifacts/namespaces/default/job 1.jar"},
		{workspace.ArtifactsDirectory("default"), "artifacts/namespaces/default/"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

func TestNewArtifactRefuses(t *testing.T) {
	cases := map[string]struct{ namespace, filename, says string }{
		"namespace with directory": {"namespaces/default", "x", `write "default", not "namespaces/default"`},
		"directory alone":          {"namespaces/", "x", "slash or backslash"},
		"namespace with slash":     {"a/b", "x", "slash or backslash"},
		"namespace with backslash": {`a\b`, "x", "slash or backslash"},
		"empty namespace":          {"", "x", "the namespace is empty"},
		"namespace of dots":        {"..", "x", `the namespace must not be ".."`},
		"long namespace":           {strings.Repeat("n", 256), "x", "256 bytes; 255 are the most"},
		"control in namespace":     {"a\x85b", "x", "it is not valid UTF-8"},
		"C1 in namespace":          {"a\u0085b", "x", "control character U+0085"},
		"empty file name":          {"default", "", "the file name is empty"},
		"dot":                      {"default", ".", `the file name must not be "."`},
		"slash":                    {"default", "a/b", "slash or backslash"},
		"backslash":                {"default", `a\b`, "slash or backslash"},
		"NUL":                      {"default", "a\x00b", "control character U+0000"},
		"no UTF-8":                 {"default", "a\xff", "not valid UTF-8"},
		"long file name":           {"default", strings.Repeat("é", 128), "256 bytes; 255 are the most"},
	}
	base := workspace.BaseURI{Scheme: "s3", Backend: s3, Bucket: "bucket"}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := workspace.NewArtifact(base, test.namespace, test.filename)
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want %q", err, test.says)
			}
		})
	}
}

func TestKeyTooLong(t *testing.T) {
	for scheme, most := range map[string]int{"s3": 1024, "oss": 1023} {
		base, err := backends.ParseBaseURI(scheme + "://bucket/" + strings.Repeat(strings.Repeat("p", 249)+"/", 3) + "q")
		if err != nil {
			t.Fatal(err)
		}
		room := most - len(base.Key(workspace.ArtifactsDirectory("default")))
		if _, err := workspace.NewArtifact(base, "default", strings.Repeat("f", room)); err != nil {
			t.Errorf("%s: a key of %d bytes: %v", scheme, most, err)
		}
		says := fmt.Sprintf("a key of %d bytes; %d are the most", most+1, most)
		if _, err := workspace.NewArtifact(base, "default", strings.Repeat("f", room+1)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: a key of %d bytes: %v", scheme, most+1, err)
		}
	}
}

func TestParseArtifactURI(t *testing.T) {
	cases := map[string]struct{ base, namespace, filename string }{
		"s3://bucket/artifacts/namespaces/default/job.jar":                        {"s3://bucket", "default", "job.jar"},
		"s3a://bucket/a/b/artifacts/namespaces/x/job%20.jar":                      {"s3a://bucket/a/b", "x", "job%20.jar"},
		"file:///srv/artifacts/namespaces/default/job.jar":                        {"file:///srv", "default", "job.jar"},
		"s3://bucket/artifacts/namespaces/p/artifacts/namespaces/default/job.jar": {"s3://bucket/artifacts/namespaces/p", "default", "job.jar"},
		"s3://bucket/artifacts/namespaces/default/job.jar?x#y":                    {"s3://bucket", "default", "job.jar?x#y"},
	}
	for uri, want := range cases {
		t.Run(uri, func(t *testing.T) {
			artifact, err := backends.ParseArtifactURI(uri)
			if err != nil {
				t.Fatal(err)
			}
			if artifact.Base.String() != want.base || artifact.Namespace != want.namespace || artifact.Filename != want.filename {
				t.Errorf("got %+v", artifact)
			}
			if artifact.URI() != uri {
				t.Errorf("the way back is %q", artifact.URI())
			}
		})
	}
	for uri, says := range map[string]string{
		"": "is empty",
		"ftp://x/artifacts/namespaces/default/job.jar":    `"ftp://" is unknown`,
		"s3://bucket/vvp/job.jar":                         "does not lie below /artifacts/namespaces/",
		"s3://bucket/artifacts/namespaces/default":        "names no file in a namespace",
		"s3://bucket/artifacts/namespaces/default/":       "the file name is empty",
		"s3://bucket/artifacts/namespaces//job.jar":       "the namespace is empty",
		"s3://bucket/artifacts/namespaces/default/a/b":    "slash or backslash",
		"s3:///artifacts/namespaces/default/job.jar":      "names no bucket",
		"s3://bucket//artifacts/namespaces/default/a":     "an empty part between two slashes",
		"s3://bucket/x//artifacts/namespaces/default/a":   "an empty part between two slashes",
		"s3://k:hush@bucket/artifacts/namespaces/d/j.jar": "no user or password",
	} {
		_, err := backends.ParseArtifactURI(uri)
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: got %v, want %q", uri, err, says)
		}
	}
}

func TestContentAddressed(t *testing.T) {
	hash := strings.Repeat("0123456789ab", 6)[:64]
	for filename, want := range map[string]string{
		"job.jar":       "job-0123456789ab.jar",
		"job-1.2.jar":   "job-1.2-0123456789ab.jar",
		"deps.tar.gz":   "deps-0123456789ab.tar.gz",
		".tar.gz":       ".tar-0123456789ab.gz",
		"job":           "job-0123456789ab",
		".hidden":       ".hidden-0123456789ab",
		"job.":          "job-0123456789ab.",
		"-0123456789ab": "-0123456789ab-0123456789ab",
	} {
		addressed := workspace.ContentAddressed(filename, hash)
		if addressed != want {
			t.Errorf("%q: got %q, want %q", filename, addressed, want)
		}
		if plain, ok := workspace.PlainFilename(addressed, hash); !ok || plain != filename {
			t.Errorf("%q: the way back is %q, %v", addressed, plain, ok)
		}
	}
	for _, other := range []string{"job.jar", "job-0123456789ac.jar", "0123456789ab.jar", "-0123456789ab"} {
		if plain, ok := workspace.PlainFilename(other, hash); ok || plain != other {
			t.Errorf("%q was taken as content-addressed: %q", other, plain)
		}
	}
}

func TestNameWarning(t *testing.T) {
	for _, safe := range []string{"job.jar", "job-1_2+3.jar", "größe.jar"} {
		if warning := workspace.NameWarning("file name", safe); warning != "" {
			t.Errorf("%q: %s", safe, warning)
		}
	}
	for _, reserved := range ` "%<>[]^` + "`{|}#?" {
		if warning := workspace.NameWarning("file name", "a"+string(reserved)+"b.jar"); warning == "" {
			t.Errorf("no warning of %q", reserved)
		}
	}
}

// What can be written can be read back, and gives the same place.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		artifact := drawArtifact(t)
		back, err := backends.ParseArtifactURI(artifact.URI())
		if err != nil {
			t.Fatalf("%q: %v", artifact.URI(), err)
		}
		if back != artifact {
			t.Fatalf("%+v came back as %+v", artifact, back)
		}
		if again, err := backends.ParseBaseURI(artifact.Base.String()); err != nil || again != artifact.Base {
			t.Fatalf("%+v came back as %+v, %v", artifact.Base, again, err)
		}
	})
}

// Two spellings are one place exactly if backend, bucket and key are the same.
func TestCanonicalIsTheLocation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawArtifact(t), drawArtifact(t)
		if rapid.Bool().Draw(t, "same place") {
			b = a
			if a.Base.Backend == s3 {
				b.Base.Scheme = rapid.SampledFrom([]string{"s3", "s3a", "s3i", "s3p"}).Draw(t, "spelling")
			}
		}
		same := a.Base.Backend == b.Base.Backend && a.Base.Bucket == b.Base.Bucket && a.Key() == b.Key()
		if (a.Canonical() == b.Canonical()) != same {
			t.Fatalf("%q and %q: canonical %q and %q", a.URI(), b.URI(), a.Canonical(), b.Canonical())
		}
	})
}

// The hash comes out of a name exactly as it went in.
func TestContentAddressedRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		filename, hash := drawName(t, "filename"), rapid.StringMatching(`[0-9a-f]{64}`).Draw(t, "hash")
		addressed := workspace.ContentAddressed(filename, hash)
		if plain, ok := workspace.PlainFilename(addressed, hash); !ok || plain != filename {
			t.Fatalf("%q became %q and came back as %q, %v", filename, addressed, plain, ok)
		}
	})
}

func drawArtifact(t *rapid.T) workspace.Artifact {
	schemes := map[string]*workspace.Backend{"s3": s3, "s3a": s3, "s3i": s3, "s3p": s3, "file": file}
	scheme := rapid.SampledFrom([]string{"s3", "s3a", "s3i", "s3p", "file"}).Draw(t, "scheme")
	base := workspace.BaseURI{Scheme: scheme, Backend: schemes[scheme]}
	prefix := strings.Join(rapid.SliceOfN(rapid.Custom(drawPart), 0, 3).Draw(t, "prefix"), "/")
	if base.Backend == file {
		base.Bucket = "/" + strings.TrimSuffix("srv/"+prefix, "/")
	} else {
		base.Bucket = rapid.StringMatching(`[a-z0-9][a-z0-9.-]{2,20}`).Draw(t, "bucket")
		base.Prefix = prefix
	}
	artifact, err := workspace.NewArtifact(base, drawName(t, "namespace"), drawName(t, "filename"))
	if err != nil {
		t.Fatal(err)
	}
	return artifact
}

// drawPart is a part of a prefix, which in a base URI has neither "?" nor "#".
func drawPart(t *rapid.T) string {
	return rapid.StringMatching(`[a-zA-Z0-9 _%@ä€-][a-zA-Z0-9 ._%@\\ä€-]{0,15}`).Draw(t, "part")
}

func drawName(t *rapid.T, label string) string {
	return rapid.StringMatching(`[a-zA-Z0-9 _%@?#ä€-][a-zA-Z0-9 ._%@?#ä€-]{0,30}`).Draw(t, label)
}
