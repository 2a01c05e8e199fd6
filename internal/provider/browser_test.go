package provider_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/chromedp/cdproto/network"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
)

const (
	reportsOrigin  = "https://reports.example"                        // has a rule of its own in the bucket
	strangerOrigin = "https://vvpsg.console.alibabacloud.com.example" // has none
)

// What cors_rule is for: a real browser uploads, downloads and deletes by presigned URLs from the web console's page, while the rule
// stands and at no other time.
func TestBrowserUpload(t *testing.T) {
	server := versitygw.Start(t, versitygw.Options{TLS: true}) // a page over TLS sends nothing to a server without
	p := inBucket(t, server)
	bucket := bucketOf(p, server)
	bucket.set(t, foreignRule("reports", reportsOrigin))
	var hosts []string
	for _, origin := range []string{consoleOrigin, reportsOrigin, strangerOrigin} {
		hosts = append(hosts, strings.TrimPrefix(origin, "https://"))
	}
	browser := startBrowser(t, server, hosts...)
	open := func(origin string) visitor {
		return visitor{openTab(t, browser, origin), p, bucket, s3.NewPresignClient(bucket.client, s3.WithPresignExpires(10*time.Minute))}
	}
	console, reports, stranger := open(consoleOrigin), open(reportsOrigin), open(strangerOrigin)

	// A refusal by the rules is distinguished from all else that can fail; and nothing but this machine can be reached.
	if e := console.send(t, http.MethodGet, "https://elsewhere.example/", nil, nil); e.failure != "net::ERR_NAME_NOT_RESOLVED" || e.refusal != "" {
		t.Errorf("a host that is not there: %s", e)
	}

	// Keys differ, as a browser keeps the answer to a preflight for some seconds.
	standard := p.provider() + corsBlock()
	applies(t,
		step(standard, prepare(func() {
			console.isRefused(t, "before/console.jar")
			stranger.isRefused(t, "before/stranger.jar")
			reports.uploads(t, "before/report")
		}), then(func() {
			console.works(t, "during/console.jar")
			stranger.isRefused(t, "during/stranger.jar")
			reports.uploads(t, "during/report")
		})),
		unchanged(standard),
	)
	console.isRefused(t, "after/console.jar")
	stranger.isRefused(t, "after/stranger.jar")
	reports.uploads(t, "after/report")
	bucket.are(t, "reports "+reportsOrigin)
}

// visitor is a page with presigned URLs. They are made by the SDK, not by package s3blob: what is tested is the bucket's rule, with
// URLs as any console makes them, with headers that are part of what is signed.
type visitor struct {
	*tab
	p         place
	bucket    corsBucket
	presigner *s3.PresignClient
}

const jarType = "application/java-archive"

// jar has every value that a byte can have.
func jar() []byte {
	data := []byte("PK\x03\x04")
	for value := range 256 {
		data = append(data, byte(value))
	}
	return data
}

// put sends an object with headers by which the browser has to ask first.
func (v visitor) put(t *testing.T, path, contentType string, body []byte) *exchange {
	t.Helper()
	input := &s3.PutObjectInput{Bucket: &v.bucket.name, Key: v.key(path), Metadata: map[string]string{"origin": v.origin}}
	if contentType != "" {
		input.ContentType = &contentType
	}
	request, err := v.presigner.PresignPutObject(t.Context(), input)
	return v.sendSigned(t, request, err, body)
}

func (v visitor) get(t *testing.T, path string) *exchange {
	t.Helper()
	request, err := v.presigner.PresignGetObject(t.Context(), &s3.GetObjectInput{Bucket: &v.bucket.name, Key: v.key(path)})
	return v.sendSigned(t, request, err, nil)
}

func (v visitor) delete(t *testing.T, path string) *exchange {
	t.Helper()
	request, err := v.presigner.PresignDeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &v.bucket.name, Key: v.key(path)})
	return v.sendSigned(t, request, err, nil)
}

func (v visitor) key(path string) *string { return aws.String("vvp/" + path) }

func (v visitor) sendSigned(t *testing.T, request *v4.PresignedHTTPRequest, err error, body []byte) *exchange {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v.send(t, request.Method, request.URL, request.SignedHeader, body)
}

// works takes an object from its upload to its end, and looks into the store after each step.
func (v visitor) works(t *testing.T, path string) {
	t.Helper()
	v.succeeded(t, v.put(t, path, jarType, jar()), true)
	v.p.holds(t, path, string(jar()))
	head, err := v.bucket.client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &v.bucket.name, Key: v.key(path)})
	if err != nil {
		t.Fatal(err)
	}
	if aws.ToString(head.ContentType) != jarType || head.Metadata["origin"] != v.origin {
		t.Errorf("the object has the type %q and the metadata %q", aws.ToString(head.ContentType), head.Metadata)
	}

	got := v.get(t, path)
	v.succeeded(t, got, false)
	if !bytes.Equal(got.Body, jar()) {
		t.Errorf("the script read %q, want %q", got.Body, jar())
	}

	v.succeeded(t, v.delete(t, path), true)
	v.p.holds(t, path, "")
}

// uploads does what the rule of others allows: a PUT with a header that begins with "x-".
func (v visitor) uploads(t *testing.T, path string) {
	t.Helper()
	v.succeeded(t, v.put(t, path, "", []byte("by "+v.origin)), true)
	v.p.holds(t, path, "by "+v.origin)
}

func (v visitor) succeeded(t *testing.T, e *exchange, preflight bool) {
	t.Helper()
	if e.Failure != "" || e.Status/100 != 2 || !e.over || e.failure != "" || (preflight && e.preflight/100 != 2) {
		t.Errorf("the page of %s is refused: %s", v.origin, e)
	}
}

// isRefused tries all that works does, on an object that exists, and finds it as it was.
func (v visitor) isRefused(t *testing.T, path string) {
	t.Helper()
	const before = "put there by another client"
	v.p.plant(t, path, []byte(before))
	v.refused(t, v.put(t, path, jarType, jar()), network.CorsErrorPreflightMissingAllowOriginHeader)
	v.refused(t, v.delete(t, path), network.CorsErrorPreflightMissingAllowOriginHeader)
	// For this one the browser does not ask first: it keeps the answer from the script.
	v.refused(t, v.get(t, path), network.CorsErrorMissingAllowOriginHeader)
	v.p.holds(t, path, before)
}

// refused checks that it was the store's word, and not that the store could not be reached.
func (v visitor) refused(t *testing.T, e *exchange, want network.CorsError) {
	t.Helper()
	preflight := int64(http.StatusForbidden)
	if want == network.CorsErrorMissingAllowOriginHeader {
		preflight = 0
	}
	if e.refusal != want || e.preflight != preflight || e.Status != 0 || len(e.Body) > 0 || e.Failure == "" {
		t.Errorf("the page of %s is not refused by the rules (%s): %s", v.origin, want, e)
	}
}
