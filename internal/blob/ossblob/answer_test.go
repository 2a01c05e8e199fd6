package ossblob

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/hostile"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/rawserver"
)

// Nothing that is not OSS's is believed, whatever it says.
func TestNotOSS(t *testing.T) {
	page := "<html><head><title>Log in &amp; go</title></head></html>"
	for name, c := range map[string]struct {
		status int
		header map[string]string
		body   string
	}{
		"a log-in page":          {200, map[string]string{"Content-Type": "text/html"}, page},
		"a web server's 404":     {404, map[string]string{"Content-Type": "text/html"}, page},
		"a bare 404":             {404, nil, ""},
		"a bare 200":             {200, nil, ""},
		"a bare 204":             {204, nil, ""},
		"a bare 403":             {403, nil, ""},
		"XML of somebody else":   {200, map[string]string{"Content-Type": "application/xml"}, "<ListBucketResult></ListBucketResult>"},
		"an S3 error":            {404, map[string]string{"Content-Type": "application/xml"}, "<Error><Code>NoSuchKey</Code></Error>"},
		"a gateway":              {502, map[string]string{"Content-Type": "text/html"}, page},
		"a redirect":             {302, map[string]string{"Location": "https://login.example.com/?token=very-secret"}, ""},
		"a permanent redirect":   {308, map[string]string{"Location": "https://login.example.com/?token=very-secret"}, ""},
		"a page with OSS's sign": {404, map[string]string{"Content-Type": "text/html", "X-Oss-Request-Id": "R1"}, page},
	} {
		t.Run(name, func(t *testing.T) {
			store, config := answering(t, c.status, c.header, c.body)
			_, headErr := store.Head(t.Context(), "key")
			_, openErr := store.Open(t.Context(), "key", blob.ReadOptions{})
			_, putErr := put(t, store, "key", []byte("data"), blob.Cond{})
			_, largeErr := put(t, store, "key", someBytes(9<<20), blob.Cond{})
			_, corsErr := store.CORS(t.Context())
			_, accelerationErr := store.Acceleration(t.Context())
			errs := map[string]error{
				"Head": headErr, "Open": openErr, "Put": putErr, "large Put": largeErr, "Bucket": store.Bucket(t.Context()),
				"CORS": corsErr, "SetCORS": store.SetCORS(t.Context(), someRules), "Acceleration": accelerationErr,
				"Delete": store.Delete(t.Context(), "key", blob.Cond{}),
			}
			for call, err := range errs {
				if c.header["X-Oss-Request-Id"] != "" && call == "Head" {
					continue // a HEAD has no page
				}
				if !errors.Is(err, blob.ErrNotAStore) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, blob.ErrNoBucket) {
					t.Errorf("%s: %v", call, err)
					continue
				}
				if failure := failureOf(t, err); failure.Endpoint != config.Endpoint || failure.Advice == "" {
					t.Errorf("%s: %+v", call, failure)
				}
				expectNoSecret(t, err, config)
			}
			if !strings.Contains(fmt.Sprint(openErr), `"Log in & go"`) && c.body == page {
				t.Errorf("%v", openErr)
			}
		})
	}
}

// An answer to HEAD has its reason in a header.
func TestReasonOfAHead(t *testing.T) {
	reason := base64.StdEncoding.EncodeToString([]byte("<Error><Code>NoSuchBucket</Code><Message>no such bucket</Message><EC>0015-00000101</EC></Error>"))
	store, _ := answering(t, 404, map[string]string{"X-Oss-Request-Id": "R1", "X-Oss-Err": reason}, "")
	if _, err := store.Head(t.Context(), "key"); !errors.Is(err, blob.ErrNoBucket) || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	for _, header := range []map[string]string{{}, {"X-Oss-Err": "no base64 !"}} {
		header["X-Oss-Request-Id"] = "R1"
		store, _ = answering(t, 404, header, "")
		if _, err := store.Head(t.Context(), "key"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v: %v", header, err)
		}
	}
}

func TestRanges(t *testing.T) {
	b := startBehind(t, nil)
	data := someBytes(1000)
	mustPut(t, b, "key", data)
	if _, err := b.Open(t.Context(), "key", blob.ReadOptions{Offset: 2000}); failureOf(t, err).Code != "InvalidRange" {
		t.Errorf("a range beyond the end: %v", err)
	}
	if _, err := b.Open(t.Context(), "key", blob.ReadOptions{Offset: 5, IfMatch: "0"}); !errors.Is(err, blob.ErrChanged) {
		t.Errorf("%v", err)
	}
}

// Where an object ends whose length is not told, nobody knows.
func TestNoLength(t *testing.T) {
	server := &rawserver.Server{}
	t.Cleanup(server.Wait)
	store := vendor.Open(t, hostile.Endpoint, 0, server.Dial)
	server.Answer(http.StatusOK, "X-Oss-Request-Id: R1\r\nETag: \"e\"\r\nConnection: close", []byte("half"))
	_, headErr := store.Head(t.Context(), "key")
	_, openErr := store.Open(t.Context(), "key", blob.ReadOptions{})
	for _, err := range []error{headErr, openErr} {
		if !errors.Is(err, blob.ErrNotAStore) || !strings.Contains(err.Error(), "without a length") {
			t.Errorf("%v", err)
		}
	}
}

// A refusal under status 200 is a refusal.
func TestErrorIn200(t *testing.T) {
	body := "<?xml version=\"1.0\"?><Error><Code>InternalError</Code><Message>late</Message></Error>"
	for _, operation := range []string{"CopyObject", "CompleteMultipartUpload"} {
		b := inFront(t, func(w http.ResponseWriter, r *http.Request, server http.Handler) {
			if r.Header.Get("X-Oss-Copy-Source") != "" || r.Method == http.MethodPost && r.URL.Query().Has("uploadId") {
				w.Header().Set("X-Oss-Request-Id", "R1")
				io.WriteString(w, body)
				return
			}
			server.ServeHTTP(w, r)
		})
		err := func() error {
			if operation == "CopyObject" {
				mustPut(t, b, "key", []byte("data"))
				_, err := b.SetAttrs(t.Context(), "key", blob.Cond{}, func(a *blob.Attrs) { a.Owner = "other" })
				return err
			}
			_, err := put(t, b, "new", someBytes(large), blob.Cond{})
			return err
		}()
		if !errors.Is(err, blob.ErrUnreachable) || failureOf(t, err).Op != operation || failureOf(t, err).Code != "InternalError" {
			t.Errorf("%s: %v", operation, err)
		}
		b.expectNothingOpen(t)
	}
}
