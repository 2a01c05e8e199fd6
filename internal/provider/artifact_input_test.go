package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Each bad input is an error at plan, on the attribute, and nothing is written.
func TestArtifactBadInput(t *testing.T) {
	root := t.TempDir()
	base := filepath.Join(root, "workspace")
	file := writeFile(t, filepath.Join(root, "job.jar"), firstJob)
	pipe := filepath.Join(root, "pipe.jar")
	if err := makePipe(pipe); err != nil {
		t.Fatal(err)
	}
	in := func(uri, body string) string {
		return fmt.Sprintf("provider \"flink\" {\n base_uri = %q\n}\nresource \"flink_artifact\" \"job\" {\n%s\n}\n", uri, body)
	}
	of := func(attributes string) string {
		return in("file://"+base, "namespace = \"default\"\n"+attributes)
	}
	source := fmt.Sprintf("source = %q\n", file)
	long := strings.Repeat("x", 252) + ".jar"

	areRefused(t, map[string]refusal{
		"unknown scheme":            {in("oos://bucket", `namespace = "default"`+"\n"+source), []string{"Invalid base URI", `"oos://" is unknown`, "file://", "s3://"}},
		"no scheme":                 {in("bucket/vvp", `namespace = "default"`+"\n"+source), []string{"Invalid base URI", "begins with a scheme"}},
		"no bucket":                 {in("s3://", `namespace = "default"`+"\n"+source), []string{"Invalid base URI", "names no bucket"}},
		"no bucket, a prefix":       {in("s3:///vvp", `namespace = "default"`+"\n"+source), []string{"Invalid base URI", "names no bucket"}},
		"query":                     {in("s3://bucket/vvp?sig=hushQ7vK2mXz9WtR4b", `namespace = "default"`+"\n"+source), []string{"Invalid base URI", "query"}},
		"fragment":                  {in("s3://bucket/vvp#x", `namespace = "default"`+"\n"+source), []string{"Invalid base URI", "fragment"}},
		"userinfo":                  {in("s3://key:hushQ7vK2mXz9WtR4b@bucket/vvp", `namespace = "default"`+"\n"+source), []string{"Invalid base URI", "no user or password"}},
		"dots in the base URI":      {in("s3://bucket/a/../b", `namespace = "default"`+"\n"+source), []string{"Invalid base URI", `must not be ".."`}},
		"base URI of the resource":  {of(source + `base_uri = "ftp://x"`), []string{"Invalid base URI", `base_uri = "ftp://x"`, `"ftp://" is unknown`}},
		"a host in a file URI":      {in("file://host/dir", `namespace = "default"`+"\n"+source), []string{"Invalid base URI", "three slashes"}},
		"namespace with directory":  {in("file://"+base, `namespace = "namespaces/default"`+"\n"+source), []string{"Invalid namespace", `Write "default"`}},
		"namespace with slash":      {in("file://"+base, `namespace = "a/b"`+"\n"+source), []string{"Invalid namespace", "slash"}},
		"namespace of dots":         {in("file://"+base, `namespace = ".."`+"\n"+source), []string{"Invalid namespace", `".."`}},
		"namespace empty":           {in("file://"+base, `namespace = ""`+"\n"+source), []string{"Invalid namespace", "is empty"}},
		"filename with slash":       {of(source + `filename = "a/b.jar"`), []string{"Invalid file name", "slash"}},
		"filename with backslash":   {of(source + `filename = "a\\b.jar"`), []string{"Invalid file name", "backslash"}},
		"filename of dots":          {of(source + `filename = ".."`), []string{"Invalid file name", `".."`}},
		"filename with control":     {of(source + `filename = "a\tb.jar"`), []string{"Invalid file name", "control character U+0009"}},
		"filename empty":            {of(source + `filename = ""`), []string{"Invalid file name", "is empty"}},
		"filename too long":         {of(source + fmt.Sprintf("filename = %q", long)), []string{"Invalid file name", "256 bytes"}},
		"too long with the hash":    {of(source + fmt.Sprintf("filename = %q\ncontent_addressed = true", long[3:])), []string{"Invalid file name", "266 bytes"}},
		"no source":                 {of(""), []string{"Exactly one source is required", "No source is set", "source_url", "content"}},
		"two sources":               {of(source + "content = \"x\"\nfilename = \"x\""), []string{"Exactly one source is required", "source, content"}},
		"content without a name":    {of(`content = "x"`), []string{"No file name", "Set filename"}},
		"source is a directory":     {of(fmt.Sprintf("source = %q", root)), []string{"The source is not a regular file", "is a directory"}},
		"source is a pipe":          {of(fmt.Sprintf("source = %q", pipe)), []string{"The source is not a regular file", "a device or a pipe"}},
		"source ends in a slash":    {of(`source = "build/"`), []string{"Invalid source", "names a directory"}},
		"source is a URL":           {of(`source = "https://repo.example.com/job.jar"`), []string{"Invalid source", "is a URL"}},
		"source below a file":       {of(fmt.Sprintf("source = %q", file+"/job.jar")), []string{"Reading the source", "not a directory"}},
		"pin too short":             {of(source + `content_sha256 = "abc"`), []string{"Invalid SHA-256", "64 hexadecimal digits", "sha256sum"}},
		"pin that is no hash":       {of(source + fmt.Sprintf("content_sha256 = %q", strings.Repeat("z", 64))), []string{"Invalid SHA-256", "hexadecimal digits only"}},
		"pin in upper case":         {of(source + fmt.Sprintf("content_sha256 = %q", strings.ToUpper(sha(firstJob)))), []string{"Invalid SHA-256", "lower case", sha(firstJob)}},
		"pin of other bytes":        {of(source + fmt.Sprintf("content_sha256 = %q", sha(otherJob))), []string{"does not match its pin", sha(firstJob), sha(otherJob)}},
		"metadata of nothing":       {of(source + `metadata = { team = null }`), []string{"metadata", "null"}},
		"a signed source":           {of(`source = "https://me:hushQ7vK2mXz9WtR4b@repo/job.jar?X-Amz-Signature=hushQ7vK2mXz9WtR4b"`), []string{"Invalid source", "is a URL"}},
		"metadata of the provider":  {of(source + `metadata = { flink-owner = "me" }`), []string{"Invalid metadata", "reserved for the provider"}},
		"metadata in upper case":    {of(source + `metadata = { Team = "x" }`), []string{"Invalid metadata", "lower-case letters"}},
		"metadata that is no ASCII": {of(source + `metadata = { team = "ü" }`), []string{"Invalid metadata", "U+00FC"}},
		"too much metadata":         {of(source + fmt.Sprintf("metadata = { team = %q }", strings.Repeat("x", 2000))), []string{"Too much metadata", "2004 bytes"}},
		"content type":              {of(source + `content_type = "a\nb"`), []string{"Invalid content type", "U+000A"}},
		"no base URI":               {fmt.Sprintf("resource \"flink_artifact\" \"job\" {\n namespace = \"default\"\n source = %q\n}", file), []string{"No base URI", "FLINK_BASE_URI"}},
		"half a key pair":           {fmt.Sprintf("provider \"flink\" {\n base_uri = \"s3://bucket\"\n s3 = { access_key = \"key\" }\n}\n%s", artifact("job", fromFile(file))), []string{"secret_key"}},
		"endpoint with a password":  {fmt.Sprintf("provider \"flink\" {\n base_uri = \"s3://bucket\"\n s3 = { endpoint = \"http://me:hushQ7vK2mXz9WtR4b@host\" }\n}\n%s", artifact("job", fromFile(file))), []string{"Invalid endpoint", "no user or password"}},
		"endpoint that is no URL":   {fmt.Sprintf("provider \"flink\" {\n base_uri = \"s3://bucket\"\n s3 = { endpoint = \"minio:9000\" }\n}\n%s", artifact("job", fromFile(file))), []string{"Invalid endpoint", "https://"}},
	})
	if _, err := os.Stat(base); !os.IsNotExist(err) {
		t.Errorf("something was written: %v", err)
	}
}

// What a build step of the same run makes is not there at plan: a warning, and the hash is known after the apply.
func TestSourceMadeDuringTheRun(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		path := filepath.Join(t.TempDir(), "job.jar")
		config := p.provider() + fmt.Sprintf(`
resource "terraform_data" "build" {
  provisioner "local-exec" { command = "printf '%s' > '%s'" }
}
`, firstJob, path) + artifact("job", fromFile(path), "depends_on = [terraform_data.build]")
		applies(t,
			step(config, plansUnknown(job, "content_sha256"), p.holding(t, jobPath, firstJob)),
			unchanged(config),
		)
	})
}

func TestSourceMissingAtApply(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		path := filepath.Join(t.TempDir(), "job.jar")
		config := p.provider() + artifact("job", fromFile(path))
		applies(t,
			step(config, words("The source is missing", "relative path")),
			step(config, prepare(func() { writeFile(t, path, firstJob) }), p.holding(t, jobPath, firstJob)),
			// It no longer exists: the object stays, an apply says why, and a destroy works.
			step(config, prepare(func() { remove(t, path) }), pending),
			step(config, words("The source is missing")),
			step(config, destroys, p.holding(t, jobPath, "")),
		)
	})
}

// The source is a directory by now: a warning at plan, an error at apply, and a destroy works.
func TestSourceUnreadableLater(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
		for addressed, refusal := range map[string]string{"false": "The source is not a regular file", "true": "The old object was kept"} {
			config := p.provider() + artifact("job", fromFile(path), "content_addressed = "+addressed)
			applies(t,
				step(config),
				step(config, prepare(func() {
					remove(t, path)
					if err := os.Mkdir(path, 0o755); err != nil {
						t.Fatal(err)
					}
				}), pending),
				step(config, words(refusal)),
				step(config, prepare(func() { remove(t, path); writeFile(t, path, firstJob) })),
			)
		}
	})
}
