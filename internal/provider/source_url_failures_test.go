package provider_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/secrettest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/sourcetest/faultserver"
)

// Each bad input is an error on its attribute before any request, and repeats nothing secret.
func TestSourceURLBadInput(t *testing.T) {
	s, p := publish(t, inDirectory(t))
	of := func(attributes ...string) string { return p.provider() + artifact("job", attributes...) }
	with := func(http string) string {
		return fmt.Sprintf("provider \"flink\" {\n base_uri = %q\n http = {\n %s\n }\n}\n", p.baseURI, http) + artifact("job", fromURL(s.URL+publishedPath))
	}
	var steps []resource.TestStep
	for _, test := range []struct {
		config string
		want   []string
	}{
		{of(fromURL("releases/job.jar")), []string{"Invalid source URL", "https://", "file://, oss://, s3://"}},
		{of(fromURL("ftp://repo.example.com/job.jar")), []string{"Invalid source URL", "belongs in source"}},
		{of(fromURL("https://me:hushQ7vK2mXz9WtR4b@repo.example.com/job.jar")), []string{"Invalid source URL", "http.credentials"}},
		{of(fromURL("https://repo.example.com/job.jar?X-Amz-Signature=hushQ7vK2mXz9WtR4b")), []string{"Invalid source URL", "X-Amz-Signature", "s3://"}},
		{of(fromURL("https://repo.example.com/job.jar?a=b&sig=hushQ7vK2mXz9WtR4b")), []string{"Invalid source URL", "http.credentials"}},
		{of(fromURL("https://acme.oss-cn-hangzhou.aliyuncs.com/job.jar?OSSAccessKeyId=hushQ7vK2mXz9WtR4b&Signature=hushQ7vK2mXz9WtR4b")), []string{"Invalid source URL", "OSSAccessKeyId", "oss://"}},
		{of(fromURL("https://repo.example.com/" + strings.Repeat("hushQ7vK2mXz9WtR4b", 569))), []string{"Invalid source URL", "10267 bytes"}},
		{of(fromURL("s3://key:hushQ7vK2mXz9WtR4b@bucket/job.jar")), []string{"Invalid source URL", "no user or password"}},
		{of(fromURL("s3://bucket/job.jar?X-Amz-Signature=hushQ7vK2mXz9WtR4b")), []string{"Invalid source URL", "no query"}},
		{of(fromURL("s3://bucket")), []string{"Invalid source URL", "names a bucket"}},
		{of(fromURL("oss://bucket/jobs/")), []string{"Invalid source URL", "names a directory"}},
		{of(fromURL("http://repo.example.com/job.jar")), []string{"Plain HTTP source requires a pin", "content_sha256"}},
		{of(fromURL("https://repo.example.com/jobs/")), []string{"No file name", "Set filename"}},
		{of(fromURL("https://repo.example.com/a%2Fjob.jar")), []string{"No file name", "slash"}},
		{of(fromURL(p.baseURI + "/" + jobPath)), []string{"Invalid source URL", "copied onto itself"}},
		{of(fromURL("https://repo.example.com/job.jar"), `source = "job.jar"`), []string{"source", "source_url"}},
		{of(fromURL("https://repo.example.com/job.jar"), `content = "x"`), []string{"source_url"}},
		{of(`source = "job.jar"`, `content_sha256_url = "https://repo.example.com/SHA256SUMS"`), []string{"content_sha256_url"}},
		{of(fromURL("https://repo.example.com/job.jar"), pin(firstJob), `content_sha256_url = "https://repo.example.com/SHA256SUMS"`), []string{"content_sha256_url"}},
		{of(fromURL("http://repo.example.com/job.jar"), `content_sha256_url = "http://repo.example.com/SHA256SUMS"`), []string{"Invalid URL of a checksum file", "use https"}},

		{with(`ca_bundle = "nope.pem"`), []string{"Invalid provider settings", "http.ca_bundle", "nope.pem"}},
		{of(fromURL(s.URL+publishedPath), `content_sha256_url = "SHA256SUMS"`), []string{"Invalid URL of a checksum file", "file:///srv/SHA256SUMS"}},
		{with(`credentials = { "https://repo.example.com" = { token = "hushQ7vK2mXz9WtR4b" } }`), []string{"Invalid host", "repo.example.com:8443"}},
		{with(`credentials = { "me:hushQ7vK2mXz9WtR4b@repo.example.com" = { token = "hushQ7vK2mXz9WtR4b" } }`), []string{"Invalid host"}},
		{with(`credentials = { "Repo.example.com" = { token = "hushQ7vK2mXz9WtR4b" } }`), []string{"Invalid host", "lower case"}},
		{with(`credentials = { "repo.example.com" = { username = "me" } }`), []string{"password"}},
		{with(`credentials = { "Repo.example.com" = { token = "hushQ7vK2mXz9WtR4b" }, "repo.example.com" = { token = "hushQ7vK2mXz9WtR4b" } }`), []string{"Invalid host", "in lower case"}},
		{with(`credentials = { "repo.example.com" = { username = "me", password = "hushQ7vK2mXz9WtR4b", token = "hushQ7vK2mXz9WtR4b" } }`), []string{"token"}},
		{with(`credentials = { "repo.example.com" = { token = "hushQ7vK2mXz9WtR4b\n" } }`), []string{"Invalid header", "trimspace"}},
		{with(`credentials = { "repo.example.com" = { headers = { "X Y" = "hushQ7vK2mXz9WtR4b" } } }`), []string{"Invalid header"}},
		{with(`credentials = { "repo.example.com" = { headers = { Range = "hushQ7vK2mXz9WtR4b" } } }`), []string{"set by the provider itself"}},
		{with(`credentials = { "repo.example.com" = { client_cert_pem = "x" } }`), []string{"client_key_pem"}},
	} {
		steps = append(steps, step(test.config, planOnly, words(test.want...)))
	}
	applies(t, steps...)
	s.received(t, nil)

	// The lines of the configuration that Terraform shows are the user's own; the provider's words repeat nothing of them.
	for _, url := range []string{
		"https://me:hushQ7vK2mXz9WtR4b@repo.example.com/job.jar", "https://repo.example.com/job.jar?X-Amz-Signature=hushQ7vK2mXz9WtR4b", "https://repo.example.com/%zz?sig=hushQ7vK2mXz9WtR4b",
		"https://repo.example.com/" + strings.Repeat("hushQ7vK2mXz9WtR4b", 569), "s3://key:hushQ7vK2mXz9WtR4b@bucket/job.jar", "s3://bucket/job.jar?X-Amz-Signature=hushQ7vK2mXz9WtR4b",
	} {
		r := newRoot(t, "variable \"url\" {}\n"+of("source_url = var.url"))
		r.environment = append(r.environment, "TF_VAR_url="+url) // arguments are seen by everybody
		if output := r.fails(t, "plan"); strings.Contains(strings.ReplaceAll(output, "\n", ""), "hush") {
			t.Errorf("%.60s: the message repeats a secret:\n%.1000s", url, output)
		}
	}
}

// What a server or the way to it does, and what becomes of it: all of the file, or nothing and a reason.
func TestSourceURLFaults(t *testing.T) {
	text := strings.Repeat("a job of many bytes\n", 20_000)
	all := faultserver.Match{Path: publishedPath}
	get := faultserver.Match{Path: publishedPath, Method: http.MethodGet}
	const always = faultserver.Always
	for name, test := range map[string]struct {
		inject func(s published)
		file   faultserver.File
		fails  []string // none: it succeeds
		more   []string // attributes
	}{
		"reset in the middle":       {inject: func(s published) { s.Inject(get, 1, 1, faultserver.ResetAfter(100_000)) }},
		"cut off in the middle":     {inject: func(s published) { s.Inject(get, 1, 2, faultserver.Truncate(100_000)) }},
		"cut off, and no ranges":    {inject: func(s published) { s.Inject(get, 1, 2, faultserver.Truncate(100_000)) }, file: faultserver.File{NoRanges: true}},
		"cut off, and nothing told": {inject: func(s published) { s.Inject(get, 1, 1, faultserver.Truncate(100_000)) }, file: faultserver.File{Chunked: true}},
		"always cut off":            {inject: func(s published) { s.Inject(get, 1, always, faultserver.Truncate(1)) }, file: faultserver.File{NoRanges: true}, fails: []string{"Download ended early"}},
		"longer by its own word":    {inject: func(s published) { s.Inject(get, 1, always, faultserver.Length(int64(len(text))+1)) }, fails: []string{"Download ended early"}},
		"no HEAD": {inject: func(s published) {
			s.Inject(faultserver.Match{Method: http.MethodHead}, 1, always, faultserver.Answer(405))
		}},
		"too many requests":             {inject: func(s published) { s.Inject(get, 1, 1, faultserver.RetryAfter(429, "1")) }},
		"unavailable for a moment":      {inject: func(s published) { s.Inject(get, 1, 2, faultserver.RetryAfter(503, "0")) }},
		"unavailable for good":          {inject: func(s published) { s.Inject(all, 1, always, faultserver.RetryAfter(503, "0")) }, fails: []string{"Server did not return the file", "503"}},
		"another version in the middle": {inject: func(s published) { s.Inject(get, 1, 1, faultserver.Truncate(100_000)); s.changeAtSecond(text) }},
		"a sign-in, with a pin":         {inject: func(s published) { s.Inject(all, 1, always, faultserver.Page(200, "Log in")) }, more: []string{pin(text)}, fails: []string{"differs from the plan", sha(text), "page of HTML", "http block"}},
		"no credentials":                {inject: func(s published) { s.Inject(all, 1, always, faultserver.Answer(401)) }, fails: []string{"The source cannot be read", "http.credentials"}},
		"forbidden":                     {inject: func(s published) { s.Inject(all, 1, always, faultserver.Answer(403)) }, fails: []string{"The source cannot be read", "403"}},
		"not found":                     {inject: func(s published) { s.Inject(all, 1, always, faultserver.Answer(404)) }, fails: []string{"The source is missing", "404"}},
		"a redirect": {inject: func(s published) {
			s.Put("/other.jar", faultserver.File{Data: []byte(text), ETag: `"1"`})
			s.Inject(all, 1, always, faultserver.RedirectTo("/other.jar"))
		}},
		"a redirect that goes round": {inject: func(s published) { s.Inject(all, 1, always, faultserver.RedirectTo(publishedPath)) }, fails: []string{"Redirect not followed", "circle"}},
		"a redirect to plain http": {inject: func(s published) {
			s.Inject(faultserver.Match{Server: "https"}, 1, always, faultserver.RedirectTo(s.PlainURL+publishedPath))
		}, fails: []string{"Redirect not followed", "content_sha256"}},
		"one to plain http, with a pin": {inject: func(s published) {
			s.Inject(faultserver.Match{Server: "https"}, 1, always, faultserver.RedirectTo(s.PlainURL+publishedPath))
		}, more: []string{pin(text)}},
		"one to a host of another CA": {inject: func(s published) {
			s.Inject(faultserver.Match{Server: "https"}, 1, always, faultserver.RedirectTo(s.OtherURL+publishedPath))
		}, fails: []string{"The source cannot be reached", "unknown authority"}},
		"connections that are all reset": {inject: func(s published) { s.Inject(all, 1, always, faultserver.Reset()) }, fails: []string{"The source cannot be reached"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, p := publish(t, inDirectory(t))
			file := test.file
			file.Data, file.ETag = []byte(text), `"1"`
			s.Put(publishedPath, file)
			test.inject(s)
			p.block += "max_retries = 3\n"
			step := step(p.provider()+artifact("job", append(test.more, fromURL(s.URL+publishedPath))...), p.holding(t, jobPath, text))
			if test.fails != nil {
				step.Check, step.ExpectError = nil, words(test.fails...)
			}
			applies(t, step)
			p.holds(t, jobPath, "")
		})
	}
}

// changeAtSecond puts the file there anew, with the bytes that are wanted in the end, and another version before: so the first reading
// begins with what is gone at the second.
func (s published) changeAtSecond(text string) {
	s.release(strings.ToUpper(text), "0")
	s.Inject(faultserver.Match{Path: publishedPath, Ranged: true}, 1, 1, faultserver.Fault{}.Do(func() { s.release(text, "1") }))
}

const oddTitle = "The source may not be the intended file"

// A page in place of a JAR is reported, where nothing else would report it.
func TestSourceURLOddFile(t *testing.T) {
	s, p := publish(t, inDirectory(t))
	s.Inject(faultserver.Match{}, 1, faultserver.Always, faultserver.Page(200, "Log in"))
	r := newRoot(t, p.provider()+artifact("job", fromURL(s.URL+publishedPath)))
	for _, output := range []string{r.plan(t), r.apply(t)} {
		says(t, output, oddTitle, "page of HTML", "http block")
	}
}

// A source that claims to be another one, and is not, is reported: some do so each time.
func TestSourceURLSameAfterAll(t *testing.T) {
	s, p := publish(t, inDirectory(t))
	r := newRoot(t, p.provider()+artifact("job", fromURL(s.URL+publishedPath)))
	const same = "The source turned out to be unchanged"
	if output := r.apply(t); strings.Contains(output, same) {
		t.Errorf("the first apply says so:\n%s", output)
	}
	s.release(firstJob, "2")
	says(t, r.apply(t), same, "nothing was written", "Pin the file", sha(firstJob))
}

// What a plan reports of sources that cannot tell, or cannot be reached.
func TestSourceURLWarnings(t *testing.T) {
	s, p := publish(t, inDirectory(t))
	s.Put(publishedPath, faultserver.File{Data: []byte("PK\x03\x04" + firstJob)})
	r := newRoot(t, p.provider()+artifact("job", fromURL(s.URL+publishedPath+"?build=7")))
	if output := r.apply(t); strings.Contains(output, oddTitle) {
		t.Errorf("an apply without any doubt warns:\n%s", output)
	}
	output := r.plan(t)
	says(t, output, "No changes", "Cannot tell whether the source has changed", sha("PK\x03\x04"+firstJob))
	s.Remove(publishedPath)
	output += r.plan(t)
	says(t, output, "The source could not be checked", "404", "content_sha256")
	output += r.fails(t, "apply")
	for _, line := range strings.Split(output, "\n") {
		// Terraform shows the attribute itself.
		if strings.Contains(line, "build=7") && !strings.Contains(line, "source_url") {
			t.Errorf("a message has the query: %s", line)
		}
	}
	// A destroy sends no request to the source.
	s.Forget()
	r.destroy(t, "-refresh=false")
	p.holds(t, jobPath, "")
}

// A server that takes the question and says nothing is waited for once, and not for as long as a download would.
func TestSourceURLSilentAtPlan(t *testing.T) {
	t.Cleanup(provider.SetPlanTimeout(500 * time.Millisecond))
	s, p := publish(t, inDirectory(t))
	s.Inject(faultserver.Match{}, 1, faultserver.Always, faultserver.Stall())
	began := time.Now()
	applies(t, step(p.provider()+artifact("job", fromURL(s.URL+publishedPath)), pending))
	// The server's own silence is borne for a minute, five times.
	if took := time.Since(began); took > time.Minute {
		t.Errorf("the plan waited %s", took)
	}
}

// Credentials are for one host, and are in no state, plan, output or log.
func TestSourceURLCredentials(t *testing.T) {
	s, _ := publish(t, inDirectory(t))
	p := inDirectory(t)
	host := strings.TrimPrefix(s.URL, "https://")
	other := strings.TrimPrefix(s.OtherURL, "https://")
	const hush = secrettest.Mark
	file := faultserver.File{Data: []byte(firstJob), ETag: `"1"`}
	credentials := fmt.Sprintf("http = {\n ca_bundle = %q\n credentials = {\n %q = {\n%%s\n}\n %q = {\n ca_cert_pem = file(%q)\n token = \"%s-other\"\n}\n}\n}\n", s.CAFile, host, other, s.OtherCAFile, hush)
	for name, test := range map[string]struct {
		given string
		need  func(*faultserver.File)
	}{
		"basic":  {`username = "me", password = "hushQ7vK2mXz9WtR4b"`, func(f *faultserver.File) { f.Username, f.Password = "me", hush }},
		"token":  {`token = "hushQ7vK2mXz9WtR4b"`, func(f *faultserver.File) { f.Token = hush }},
		"header": {`headers = { PRIVATE-TOKEN = "hushQ7vK2mXz9WtR4b" }`, func(f *faultserver.File) { f.HeaderName, f.HeaderValue = "Private-Token", hush }},
		"certificate": {
			fmt.Sprintf("client_cert_pem = %q\nclient_key_pem = %q\n", s.ClientCert, s.ClientKey),
			func(f *faultserver.File) { f.ClientCertificate = true },
		},
	} {
		t.Run(name, func(t *testing.T) {
			needed := file
			test.need(&needed)
			s.Put(publishedPath, needed)
			s.Put("/redirected/job.jar", faultserver.File{Data: []byte(firstJob), ETag: `"1"`, Token: hush + "-other"})
			s.Clear()
			s.Inject(faultserver.Match{Server: "https", Path: "/redirected/job.jar"}, 1, faultserver.Always, faultserver.RedirectTo(s.OtherURL+"/redirected/job.jar?sig="+hush+"-signed"))
			p.block = fmt.Sprintf(credentials, test.given)
			r := newRoot(t, p.provider()+artifact("job", fromURL(s.URL+publishedPath))+artifact("redirected", fromURL(s.URL+"/redirected/job.jar"), `filename = "redirected.jar"`))
			log := filepath.Join(r.directory, "trace.log")
			r.environment = append(r.environment, "TF_LOG=TRACE", "TF_LOG_PATH="+log)
			outputs := map[string]string{
				"plan":  r.plan(t),
				"apply": r.apply(t),
				"show":  r.run(t, "show", "-json"),
			}
			p.holds(t, jobPath, firstJob)
			s.Inject(faultserver.Match{Server: "other"}, 1, faultserver.Always, faultserver.Answer(403))
			s.Put(publishedPath, faultserver.File{Token: hush + "-another"})
			outputs["refused plan"] = r.plan(t)
			outputs["refused apply"] = r.fails(t, "apply")
			outputs["destroy"] = r.destroy(t)
			r.hides(t, outputs, hush, "PRIVATE KEY")
			saw := 0
			for _, request := range s.Requests() {
				header := fmt.Sprint(request.Header)
				if request.Server == "other" {
					saw++
					if strings.Contains(strings.ReplaceAll(header, hush+"-other", ""), hush) || request.Header.Get("Authorization") != "Bearer "+hush+"-other" {
						t.Errorf("the other host was sent %s", header)
					}
				} else if strings.Contains(header, hush+"-other") {
					t.Errorf("the first host was sent %s", header)
				}
			}
			if saw == 0 {
				t.Error("no request reached the other host")
			}
		})
	}
}

// The provider's http block may depend on what an apply makes.
func TestSourceURLUnknownSettings(t *testing.T) {
	s, _ := publish(t, inDirectory(t))
	p := inDirectory(t)
	s.Put(publishedPath, faultserver.File{Data: []byte(firstJob), ETag: `"1"`, Token: "hushQ7vK2mXz9WtR4b"})
	config := func(trigger string) string {
		return computed("known", trigger) + fmt.Sprintf("provider \"flink\" {\n base_uri = %q\n http = {\n ca_bundle = %q\n credentials = {\n %q = { token = %s }\n}\n}\n}\n",
			p.baseURI, s.CAFile, strings.TrimPrefix(s.URL, "https://"), onceKnown(secrettest.Mark)) + artifact("job", fromURL(s.URL+publishedPath))
	}
	applies(t,
		step(config("1"), p.holding(t, jobPath, firstJob)),
		unchanged(config("1")),
		// The source cannot be requested at plan, so the file comes again, and turns out to be the same.
		step(config("2"), updates(job), p.holding(t, jobPath, firstJob)),
		unchanged(config("2")),
	)
}

// What comes after an answer's end is in no log either: net/http logs the beginning of it, and there may be a signed address in it.
func TestSourceURLBytesAfterTheEnd(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer connection.Close()
		fmt.Fprintf(connection, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s<a href=\"https://bucket.example.com/job.jar?X-Amz-Signature=hushQ7vK2mXz9WtR4b\">", len(firstJob), firstJob)
		io.Copy(io.Discard, connection) // until the client ends it: one that is closed here is not read to its end
	}))
	defer s.Close()
	p := inDirectory(t)
	r := newRoot(t, p.provider()+artifact("job", fromURL(s.URL+"/job.jar"), pin(firstJob)))
	r.environment = append(r.environment, "TF_LOG=TRACE", "TF_LOG_PATH="+filepath.Join(r.directory, "trace.log"))
	outputs := map[string]string{"apply": r.apply(t)}
	p.holds(t, jobPath, firstJob)
	outputs["destroy"] = r.destroy(t)
	r.hides(t, outputs, secrettest.Mark)
}
