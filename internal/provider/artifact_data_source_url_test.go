package provider_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/secrettest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/sourcetest/faultserver"
)

// trusting is the provider's block for a server behind a private CA.
func trusting(server *faultserver.Server) string {
	return fmt.Sprintf("provider \"flink\" {\n max_retries = 0\n http = { ca_bundle = %q }\n}\n", server.CAFile)
}

func looksAtURL(address string, attributes ...string) string {
	return looksAt(append([]string{fmt.Sprintf("source_url = %q", address)}, attributes...)...)
}

func TestArtifactDataSourceOfURL(t *testing.T) {
	server := faultserver.Start(t)
	data := javaJAR(t, 17, large(t))
	at := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	server.Put("/job.jar", faultserver.File{Data: data, ETag: `"v1"`, LastModified: at, ContentType: "application/java-archive"})
	server.Put("/job.py", faultserver.File{Data: []byte(firstJob), ETag: `W/"v2"`, ContentType: "text/x-python; charset=utf-8"})
	server.Put("/bare.txt", faultserver.File{Data: []byte(firstJob), Chunked: true, NoRanges: true})
	address := func(path string) string { return trusting(server) + looksAtURL(server.URL+path) }
	with := func(path string, attributes ...string) string {
		return trusting(server) + looksAtURL(server.URL+path, attributes...)
	}
	applies(t,
		step(address("/job.jar"), finds(map[string]knownvalue.Check{
			"uri": knownvalue.Null(), "base_uri": knownvalue.Null(), "size": knownvalue.Int64Exact(int64(len(data))), "etag": exactly("v1"),
			"version_id": knownvalue.Null(), "last_modified": exactly("2024-05-06T07:08:09Z"), "content_type": exactly("application/java-archive"),
			"metadata": knownvalue.Null(), "content_sha256": knownvalue.Null(), "jar": jobOf(knownvalue.Int64Exact(17), 3),
		})),
		unchanged(address("/job.jar")),
		step(with("/job.jar", "include_sha256 = true"), finds(map[string]knownvalue.Check{
			"content_sha256": exactly(sha(string(data))), "jar": jobOf(knownvalue.Int64Exact(17), 3),
		})),
		step(address("/job.py"), finds(map[string]knownvalue.Check{
			"etag": exactly("W/v2"), "last_modified": knownvalue.Null(), "content_type": exactly("text/x-python"), "size": knownvalue.Int64Exact(int64(len(firstJob))),
			"content_sha256": knownvalue.Null(), "jar": knownvalue.Null(),
		})),
		// A server that reports nothing; what was read is known all the same.
		step(with("/bare.txt", "include_sha256 = true"), finds(map[string]knownvalue.Check{
			"etag": knownvalue.Null(), "last_modified": knownvalue.Null(), "size": knownvalue.Int64Exact(int64(len(firstJob))), "content_sha256": exactly(sha(firstJob)),
		})),
	)
}

// A small JAR is one request; one of more than 10 MB, and one with thousands of entries, a few, and less than 1 MiB.
func TestArtifactDataSourceURLRequests(t *testing.T) {
	server := faultserver.Start(t)
	for name, test := range map[string]struct {
		data []byte
		most int
	}{
		"small":      {javaJAR(t, 11), 1},
		"big":        {javaJAR(t, 11, large(t)), 2},
		"with many":  {javaJAR(t, 11, append(classes(3000), large(t))...), 5},
		"with most":  {javaJAR(t, 11, append(classes(7000), large(t))...), 7},
		"unsearched": {javaJAR(t, 11, append(classes(30_000), large(t))...), 7},
	} {
		t.Run(name, func(t *testing.T) {
			server.Put("/job.jar", faultserver.File{Data: test.data, ETag: `"v1"`})
			r := newRoot(t, trusting(server)+looksAtURL(server.URL+"/job.jar")+"output \"release\" {\n value = coalesce(data.flink_artifact.one.jar.java_release, 0)\n}\n")
			server.Forget()
			output := r.plan(t)
			want := "release = 11"
			if name == "unsearched" {
				want = "release = 0"
				says(t, output, "JAR has too many entries to search", server.URL+"/job.jar has 30003 entries")
			}
			says(t, output, want)
			var sent int64
			for _, request := range server.Requests() {
				sent += request.Sent
				if request.Method != http.MethodGet || request.Status != http.StatusPartialContent {
					t.Errorf("%s, Range %q: %d", request.Method, request.Header.Get("Range"), request.Status)
				}
			}
			if count := len(server.Requests()); count == 0 || count > test.most || sent >= 1<<20 {
				t.Errorf("%d requests for %d bytes, want at most %d for less than 1 MiB", count, sent, test.most)
			}
		})
	}
}

func TestArtifactDataSourceURLFailures(t *testing.T) {
	server := faultserver.Start(t)
	data := javaJAR(t, 11, large(t))
	page := []byte("<!doctype html><html><title>Sign in</title></html>")
	server.Put("/job.jar", faultserver.File{Data: data, ETag: `"v1"`})
	server.Put("/whole.jar", faultserver.File{Data: data, ETag: `"v1"`, NoRanges: true})
	server.Put("/page.jar", faultserver.File{Data: page, ContentType: "text/html; charset=utf-8"})
	server.Put("/login.jar", faultserver.File{Data: page, ContentType: "text/html", NoRanges: true})
	server.Put("/text.jar", faultserver.File{Data: []byte("version https://git-lfs.github.com/spec/v1\n")})
	server.Put("/half.jar", faultserver.File{Data: data[:len(data)/2]})
	server.Put("/private.jar", faultserver.File{Data: data, Token: secrettest.Mark})
	refused := func(config string, want ...string) resource.TestStep {
		return step(config, planOnly, words(append(want, "What to do")...))
	}
	at := func(path string) string { return trusting(server) + looksAtURL(server.URL+path) }
	named := func(path string) string { return "Reading " + server.URL + path + " as a JAR failed." }
	applies(t,
		refused(at("/whole.jar"), "Server does not support range requests", "source_url = ", named("/whole.jar")),
		refused(at("/page.jar"), "Not a JAR file", named("/page.jar"), `content type is "text/html"`),
		refused(at("/login.jar"), "Not a JAR file", named("/login.jar"), `content type is "text/html"`),
		refused(at("/text.jar"), "Not a JAR file", named("/text.jar")),
		refused(at("/half.jar"), "Damaged JAR", named("/half.jar"), "its end is missing"),
		refused(at("/none.jar"), "The source is missing", "404"),
		refused(at("/none.py"), "The source is missing", "404"),
		refused(at("/private.jar"), "The source cannot be read", "401"),
		refused(looksAtURL(server.URL+"/job.jar"), "The source cannot be reached", server.URL),
	)

	// Another file is put there between two pieces of the JAR, and before the whole of it is read.
	replace := faultserver.Fault{}.Do(func() { server.Put("/job.jar", faultserver.File{Data: javaJAR(t, 17, large(t)), ETag: `"v2"`}) })
	applies(t, step(
		at("/job.jar"), prepare(func() { server.Inject(faultserver.Match{Path: "/job.jar"}, 2, 1, replace) }), planOnly,
		words("The source changed while being read", server.URL+"/job.jar"),
	))
	server.Clear()
	server.Put("/job.py", faultserver.File{Data: []byte(firstJob), ETag: `"v1"`})
	replace = faultserver.Fault{}.Do(func() { server.Put("/job.py", faultserver.File{Data: []byte(otherJob), ETag: `"v2"`}) })
	applies(t, step(
		trusting(server)+looksAtURL(server.URL+"/job.py", "include_sha256 = true"),
		prepare(func() { server.Inject(faultserver.Match{Path: "/job.py", Method: http.MethodGet}, 1, 1, replace) }), planOnly,
		words("The source changed while being read", server.URL+"/job.py"),
	))
}

// A query is part of the address, but is in no message about it: beside the configuration itself, which Terraform shows.
func TestArtifactDataSourceURLWithAQuery(t *testing.T) {
	server := faultserver.Start(t)
	server.Put("/raw/job.jar", faultserver.File{Data: javaJAR(t, 11)})
	address := server.URL + "/raw/job.jar?inline=false"
	applies(t, step(trusting(server)+looksAtURL(address), finds(map[string]knownvalue.Check{"source_url": exactly(address), "jar": jobOfJava(11)})))
	broken := newRoot(t, trusting(server)+looksAtURL(server.URL+"/raw/none.jar?inline=false"))
	output := broken.fails(t, "plan")
	says(t, output, "Reading "+server.URL+"/raw/none.jar as a JAR failed.")
}

// An authority's file that does not exist is reported as what it is.
func TestArtifactDataSourceURLSettings(t *testing.T) {
	server := faultserver.Start(t)
	missing := filepath.Join(t.TempDir(), "none.pem")
	applies(t, step(
		fmt.Sprintf("provider \"flink\" {\n http = { ca_bundle = %q }\n}\n", missing)+looksAtURL(server.URL+"/job.jar"), planOnly,
		words("Invalid provider settings", "none.pem", "What to do"),
	))
}
