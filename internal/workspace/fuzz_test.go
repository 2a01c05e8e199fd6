package workspace_test

import (
	"path"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

var uris = []string{
	"s3://bucket/vvp/", "file:///srv/flink", "s3a://bucket/artifacts/namespaces/default/job.jar", "s3://bucket/a/../b", "s3://u:p@bucket",
	"s3://bucket//", "file:///", "s3://bucket/x?y#z", "s3://bucket/artifacts/namespaces/n/artifacts/namespaces/m/f", "s3://bucket/\x00",
	"oss://acme-flink/vvp", "oss://acme-/", "s3p://my.bucket_1/%2e%2e/a", "file:////srv", "file:///a/..", "file://localhost/srv", "s3://bucket/a\\..\\b",
	"s3://bucket/\xff", "s3://bucket/e\u0301", "s3i://..", "S3://bucket", "s3:/bucket", "://", "s3://bucket/ /artifacts/namespaces/ / ", "",
}

// Whatever is taken as a base URI comes out as it went in, but for one slash at its end; its canonical spelling is a base URI for the same
// place, and has no other one; and no key below it leaves it.
func FuzzBaseURI(f *testing.F) {
	for _, uri := range uris {
		f.Add(uri)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		base, err := backends.ParseBaseURI(uri)
		if err != nil {
			checkRefusal(t, uri, err)
			return
		}
		if text := base.String(); text != strings.TrimSuffix(uri, "/") {
			t.Errorf("%q came back as %q", uri, text)
		}
		if again, err := backends.ParseBaseURI(base.String()); err != nil || again != base {
			t.Errorf("%q: %+v, then %+v, %v", uri, base, again, err)
		}
		canonical := base.Canonical()
		if again, err := backends.ParseBaseURI(canonical.String()); err != nil || again != canonical || again.Canonical() != canonical {
			t.Errorf("%q: the canonical spelling is %q: %+v, %v", uri, canonical, again, err)
		}
		if canonical.Bucket != base.Bucket || canonical.Prefix != base.Prefix || canonical.Backend != base.Backend {
			t.Errorf("%q: the canonical spelling is %q, another place", uri, canonical)
		}
		if base.Backend == file && (!path.IsAbs(base.Bucket) || path.Clean(base.Bucket) != base.Bucket || base.Prefix != "" || base.Bucket == "/") {
			t.Errorf("%q: the directory is %q with the prefix %q", uri, base.Bucket, base.Prefix)
		}
		checkKey(t, base, "x")
	})
}

// Whatever is taken as an artifact's URI comes out as it went in, and its parts make it again: parse_artifact_uri and artifact_uri are each
// the way back of the other.
func FuzzArtifactURI(f *testing.F) {
	for _, uri := range uris {
		f.Add(uri)
		f.Add(strings.TrimSuffix(uri, "/") + "/artifacts/namespaces/default/job.jar")
	}
	f.Add("s3://bucket/artifacts/namespaces/default/job.jar?X-Amz-Signature=hush")
	f.Fuzz(func(t *testing.T, uri string) {
		artifact, err := backends.ParseArtifactURI(uri)
		if err != nil {
			checkRefusal(t, uri, err)
			return
		}
		checkArtifact(t, artifact)
		if artifact.URI() != uri {
			t.Errorf("%q came back as %q", uri, artifact.URI())
		}
	})
}

// Whatever is taken as a namespace and a file name makes an artifact whose URI has them again, and whose key is right below its namespace.
func FuzzNames(f *testing.F) {
	hash := strings.Repeat("0123456789ab", 6)[:64]
	for _, name := range []string{
		"default", "job.jar", "..", ".", "", "a/b", `a\b`, "a\x00b", "a\u0085b", "\xff", "artifacts", "namespaces", "deps.tar.gz", ".tar.gz", "-0123456789ab.jar",
		"job-0123456789ab.jar", "x?y#z", "%2e%2e", " ", "e\u0301", "\u202e", strings.Repeat("n", 255), strings.Repeat("n", 256),
	} {
		f.Add("s3a://bucket/vvp", "default", name)
		f.Add("file:///srv", name, "job.jar")
	}
	f.Fuzz(func(t *testing.T, uri, namespace, filename string) {
		base, err := backends.ParseBaseURI(uri)
		if err != nil {
			return
		}
		artifact, err := workspace.NewArtifact(base, namespace, filename)
		if err != nil {
			checkRefusal(t, namespace+filename, err)
			return
		}
		if artifact.Namespace != namespace || artifact.Filename != filename || artifact.Base != base {
			t.Errorf("%q in %q became %+v", filename, namespace, artifact)
		}
		checkArtifact(t, artifact)
		back, err := backends.ParseArtifactURI(artifact.URI())
		if signed := strings.Contains(artifact.URI(), "="); err != nil && !signed { // what looks like a signed URL is a secret
			t.Errorf("%q: %v", artifact.URI(), err)
		}
		if err == nil && back != artifact {
			t.Errorf("%+v came back as %+v", artifact, back)
		}
		addressed := workspace.ContentAddressed(filename, hash)
		if plain, ok := workspace.PlainFilename(addressed, hash); !ok || plain != filename {
			t.Errorf("%q became %q and came back as %q, %v", filename, addressed, plain, ok)
		}
	})
}

// Whatever is taken as the address of an object names one object, and nothing that could be a secret.
func FuzzObjectURI(f *testing.F) {
	for _, uri := range uris {
		f.Add(uri)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		object, err := backends.ParseObjectURI(uri)
		if err != nil {
			checkRefusal(t, uri, err)
			return
		}
		if back := object.Scheme + "://" + path.Join(object.Bucket, object.Key); back != uri {
			t.Errorf("%q came back as %q", uri, back)
		}
		if object.Key == "" || object.Bucket == "" || strings.ContainsAny(uri, "?#") {
			t.Errorf("%q: %+v", uri, object)
		}
		checkSegments(t, object.Key)
	})
}

func checkArtifact(t *testing.T, artifact workspace.Artifact) {
	t.Helper()
	again, err := workspace.NewArtifact(artifact.Base, artifact.Namespace, artifact.Filename)
	if err != nil || again != artifact {
		t.Errorf("%+v, then %+v, %v", artifact, again, err)
	}
	checkKey(t, artifact.Base, workspace.ArtifactsDirectory(artifact.Namespace)+artifact.Filename)
	if dir, file := path.Split(artifact.Key()); dir != artifact.Base.Key(workspace.ArtifactsDirectory(artifact.Namespace)) || file != artifact.Filename {
		t.Errorf("%+v has the key %q", artifact, artifact.Key())
	}
	canonical, err := backends.ParseArtifactURI(artifact.Canonical())
	if err != nil && !strings.Contains(artifact.URI(), "=") || err == nil && (canonical.Canonical() != artifact.Canonical() || canonical.Key() != artifact.Key()) {
		t.Errorf("%q has the canonical location %q: %+v, %v", artifact.URI(), artifact.Canonical(), canonical, err)
	}
}

// checkKey checks that a key below a base is one that every store and file system reads as it is written, and is below the base.
func checkKey(t *testing.T, base workspace.BaseURI, below string) {
	t.Helper()
	key := base.Key(below)
	checkSegments(t, key)
	if base.Prefix != "" && !strings.HasPrefix(key, base.Prefix+"/") {
		t.Errorf("the key %q is not below %q", key, base.Prefix)
	}
	if path.Join("/", key) != "/"+key {
		t.Errorf("the key %q leads to %q", key, path.Join("/", key))
	}
}

func checkSegments(t *testing.T, key string) {
	t.Helper()
	for _, segment := range strings.Split(key, "/") {
		if segment == "" || segment == "." || segment == ".." || len(segment) > 255 {
			t.Errorf("the key %q has the part %q", key, segment)
		}
	}
	if !utf8.ValidString(key) || strings.ContainsFunc(key, unicode.IsControl) {
		t.Errorf("the key %q cannot be written", key)
	}
}

// checkRefusal: a refusal can be printed, whatever was refused, and repeats no password.
func checkRefusal(t *testing.T, refused string, err error) {
	t.Helper()
	text := err.Error()
	if text == "" || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		t.Errorf("%q is refused by %q", refused, text)
	}
	_, rest, _ := strings.Cut(refused, "://")
	authority, _, _ := strings.Cut(rest, "/")
	if user, _, found := strings.Cut(authority, "@"); found && len(user) > 20 && strings.Contains(text, user) {
		t.Errorf("%q is refused by %q, which repeats what may be a password", refused, text)
	}
}
