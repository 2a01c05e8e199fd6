package s3blob

import (
	"bufio"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/rawserver"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// rawStore is a store whose server answers whatever bytes it is told to.
func rawStore(t testing.TB) (*Store, *rawserver.Server) {
	t.Helper()
	server := &rawserver.Server{}
	store := newStore(t, unretried("http://127.0.0.1:1"), "bucket", objectstore.Tuning{Dial: server.Dial})
	t.Cleanup(server.Wait)
	return store, server
}

// asked is one operation, and what an answer has to be for it to succeed.
type asked struct {
	name   string
	method string
	root   string // of the answer's XML; "": it has none
	done   string // a code of a refusal that says that nothing is left to do
	send   func(ctx context.Context, s *Store) error
}

func operations() []asked {
	edit := func(a *blob.Attrs) { a.Owner = "whom no answer names" }
	rules := blob.CORSConfig{Rules: []blob.CORSRule{{AllowedOrigins: []string{"*"}, AllowedMethods: []string{"GET"}}}}
	by := func(call func(ctx context.Context, d *driver, u objectstore.Upload) error) func(context.Context, *Store) error {
		return func(ctx context.Context, s *Store) error {
			d, err := s.lazy.Get(ctx)
			if err != nil {
				return err
			}
			u, err := d.Upload(ctx, objectstore.Target{Key: "dir/key"})
			if err != nil {
				return err
			}
			return s.Fail("by the driver", "dir/key", call(ctx, d, u))
		}
	}
	return []asked{
		{"Bucket", "GET", "ListBucketResult", "", func(ctx context.Context, s *Store) error { return s.Bucket(ctx) }},
		{"Head", "HEAD", "", "", func(ctx context.Context, s *Store) error {
			info, err := s.Head(ctx, "dir/key")
			if err == nil && (info.ETag == "" || info.Size < 0 || info.Attrs == nil) {
				return fmt.Errorf("%w: %+v", errNonsense, info)
			}
			return err
		}},
		{"Open", "GET", "", "", func(ctx context.Context, s *Store) error { return readAll(ctx, s, blob.ReadOptions{}) }},
		{"Open a range", "GET", "", "", func(ctx context.Context, s *Store) error {
			return readAll(ctx, s, blob.ReadOptions{Offset: 2, Length: 3})
		}},
		{"List", "GET", "ListBucketResult", "", func(ctx context.Context, s *Store) error {
			q := blob.Query{Prefix: "dir/", Delimiter: "/", Token: "t"}
			page, err := s.List(ctx, q)
			for _, info := range page.Infos {
				if !strings.HasPrefix(info.Key, "dir/") || info.Size < 0 {
					return fmt.Errorf("%w: %+v", errNonsense, info)
				}
			}
			for _, prefix := range page.Prefixes {
				if !strings.HasPrefix(prefix, "dir/") {
					return fmt.Errorf("%w: %q", errNonsense, prefix)
				}
			}
			if page.Next == "t" {
				return fmt.Errorf("%w: the same page again", errNonsense)
			}
			return err
		}},
		{"Put", "PUT", "", "", func(ctx context.Context, s *Store) error {
			info, _, err := blob.Put(ctx, s, "dir/key", blobtest.BytesSource([]byte("data")), nil, blob.PutOptions{})
			if err == nil && info.ETag == "" {
				return fmt.Errorf("%w: %+v", errNonsense, info)
			}
			return err
		}},
		{"Delete", "DELETE", "", "NoSuchKey", func(ctx context.Context, s *Store) error { return s.Delete(ctx, "dir/key", blob.Cond{}) }},
		{"SetAttrs", "PUT", "CopyObjectResult", "", func(ctx context.Context, s *Store) error {
			info, err := s.SetAttrs(ctx, "dir/key", blob.Cond{}, edit)
			if err == nil && info.ETag == "" {
				return fmt.Errorf("%w: %+v", errNonsense, info)
			}
			return err
		}},
		{"CORS", "GET", "CORSConfiguration", "NoSuchCORSConfiguration", func(ctx context.Context, s *Store) error {
			_, err := s.CORS(ctx)
			return err
		}},
		{"SetCORS", "PUT", "", "", func(ctx context.Context, s *Store) error { return s.SetCORS(ctx, rules) }},
		{"SetCORS to none", "DELETE", "", "", func(ctx context.Context, s *Store) error { return s.SetCORS(ctx, blob.CORSConfig{}) }},
		{"Acceleration", "GET", "", "", func(ctx context.Context, s *Store) error {
			on, err := s.Acceleration(ctx)
			if err == nil && !on {
				return errOff
			}
			return err
		}},
		{"SetAcceleration", "PUT", "", "", func(ctx context.Context, s *Store) error { return s.SetAcceleration(ctx, true) }},
		{"TryAcceleration", "GET", "ListBucketResult", "", func(ctx context.Context, s *Store) error { return s.TryAcceleration(ctx) }},
		{"CreateMultipartUpload", "POST", "InitiateMultipartUploadResult", "", by(func(ctx context.Context, _ *driver, u objectstore.Upload) error {
			id, err := u.Begin(ctx, objectstore.Begin{})
			return lacking(id, err)
		})},
		{"CompleteMultipartUpload", "POST", "CompleteMultipartUploadResult", "", by(func(ctx context.Context, _ *driver, u objectstore.Upload) error {
			written, err := u.Complete(ctx, []multipart.Done{{Number: 1, ETag: "e"}}, multipart.Whole{}, objectstore.Guard{})
			return lacking(written.ETag, err)
		})},
		{"UploadPartCopy", "PUT", "CopyPartResult", "", by(func(ctx context.Context, d *driver, u objectstore.Upload) error {
			etag, err := u.CopyPart(ctx, d, multipart.CopiedPart{Number: 1, Object: blob.Info{Key: "from"}, Length: 1})
			return lacking(etag, err)
		})},
		{"ListMultipartUploads", "GET", "ListMultipartUploadsResult", "", by(func(ctx context.Context, d *driver, _ objectstore.Upload) error {
			_, err := d.ListUploads(ctx, "dir/key", objectstore.Marker{})
			return err
		})},
		{"AbortMultipartUpload", "DELETE", "", "", by(func(ctx context.Context, d *driver, _ objectstore.Upload) error {
			return d.AbortUpload(ctx, "dir/key", "id")
		})},
	}
}

// errNonsense is a success that cannot be one, and errOff one that says that something is not there.
var (
	errNonsense = errors.New("this is no result")
	errOff      = errors.New("it is off")
)

// lacking is what the store above the driver says of an answer without what it is for.
func lacking(what string, err error) error {
	if err == nil && what == "" {
		return wire.Lacks("an ETag")
	}
	return err
}

// unproven forgets that the endpoint has answered in S3's protocol.
func unproven(store *Store) {
	if driver := store.lazy.Opened(); driver != nil {
		driver.proven.Store(false)
	}
}

func readAll(ctx context.Context, s *Store, options blob.ReadOptions) error {
	object, err := s.Open(ctx, "dir/key", options)
	if err != nil {
		return err
	}
	defer object.Close()
	if object.Info.ETag == "" {
		return fmt.Errorf("%w: %+v", errNonsense, object.Info)
	}
	_, err = io.Copy(io.Discard, object)
	return err
}

// Whatever a server answers, an operation ends: with a success only where the answer is one, else with an error that can be shown.
func FuzzAnswers(f *testing.F) {
	const (
		genuine = "x-amz-request-id: 4711"
		object  = genuine + "\r\nETag: \"e\"\r\nContent-Length: 5\r\nLast-Modified: Mon, 02 Jan 2006 15:04:05 GMT\r\nx-amz-meta-flink-owner: me\r\nContent-Range: bytes 2-4/5"
	)
	for i, operation := range operations() {
		add := func(status uint16, header, body string) { f.Add(uint8(i), status, header, []byte(body)) }
		add(200, genuine, "")
		add(200, genuine+"\r\nContent-Length: 5", "12345") // without an ETag
		add(200, object, "12345")
		add(206, strings.Replace(object, "Length: 5", "Length: 3", 1), "345")
		add(200, object+"\r\nContent-Type: application/xml", "<?xml version=\"1.0\" encoding=\"UTF-8\"?><"+operation.root+"><ETag>&quot;e&quot;</ETag><UploadId>u</UploadId><Status>Enabled</Status></"+operation.root+">")
		add(200, genuine, "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken><EncodingType>url</EncodingType>"+
			"<Contents><Key>dir/a%0A</Key><Size>-7</Size><ETag>e</ETag><LastModified>2026-01-02T03:04:05.678Z</LastModified></Contents><CommonPrefixes><Prefix>../</Prefix></CommonPrefixes></ListBucketResult>")
		add(404, genuine, "<Error><Code>NoSuchKey</Code><Message>gone \x1b[2J</Message></Error>")
		add(404, genuine, "<Error><Code>NoSuchBucket</Code></Error>")
		add(403, genuine+"\r\nx-amz-bucket-region: eu\"central-1\x1b", "")
		add(301, "Location: http://elsewhere/?signed", "")
		add(200, "Content-Type: text/html", "<title>Log in</title>")
		add(200, genuine, "<Error><Code>"+operation.done+"</Code><Message>late</Message></Error>")
		add(503, "Retry-After: 99999999999", "{\"error\": 1}")
		add(200, genuine+"\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked", "5\r\n<a><b\r\n0\r\n\r\n")
		add(200, genuine, strings.Repeat("<a>", 1000))
	}
	store, server := rawStore(f)
	f.Fuzz(func(t *testing.T, which uint8, status uint16, header string, body []byte) {
		if status < 200 || status > 599 { // a client waits for what comes after 1xx
			status = 200 + status%400
		}
		all := operations()
		checkAnswered(t, store, server, all[int(which)%len(all)], int(status), "Connection: close\r\n"+header, body)
	})
}

func checkAnswered(t *testing.T, store *Store, server *rawserver.Server, operation asked, status int, header string, body []byte) {
	t.Helper()
	unproven(store)
	server.Answer(status, header, body)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := operation.send(ctx, store)
	if n := server.Requests(); n > 4 {
		t.Errorf("%s: %d requests", operation.name, n)
	}
	if errors.Is(err, errNonsense) {
		t.Errorf("%s succeeds: %v", operation.name, err)
	}
	// What the answer is as net/http reads it: with a body also after a HEAD, which is followed by a GET sometimes.
	raw := fmt.Appendf(nil, "HTTP/1.1 %03d Answer\r\n%s\r\n\r\n%s", status, header, body)
	got, readErr := http.ReadResponse(bufio.NewReader(bytes.NewReader(raw)), &http.Request{Method: http.MethodGet})
	var text []byte
	if readErr == nil {
		text, _ = io.ReadAll(io.LimitReader(got.Body, wire.MaxXML))
		got.Body.Close()
	}
	// The SDK compares codes in any case.
	refused := func(codes ...string) bool {
		return slices.ContainsFunc(codes, func(code string) bool {
			return code != "" && bytes.Contains(bytes.ToLower(text), []byte(strings.ToLower(code)))
		})
	}
	switch {
	case errors.Is(err, errOff):
	case err == nil && readErr != nil:
		t.Errorf("%s succeeds with what is no answer: %v", operation.name, readErr)
	case err == nil && status/100 != 2 && !refused(operation.done) && (operation.name != "Delete" || status != http.StatusNotFound):
		t.Errorf("%s succeeds with status %d", operation.name, status)
	case err == nil && status/100 == 2 && operation.root != "" && wire.RootElement(text) != operation.root && !refused(operation.done):
		t.Errorf("%s succeeds with %.100q", operation.name, text)
	case err != nil:
		checkFailure(t, operation.name, err)
		if errors.Is(err, blob.ErrNoBucket) && !refused("NoSuchBucket") {
			t.Errorf("%s: %v", operation.name, err)
		}
		if errors.Is(err, fs.ErrNotExist) && status != http.StatusNotFound && !refused("NoSuchKey", "NotFound") {
			t.Errorf("%s: %v", operation.name, err)
		}
	}
}

// checkFailure: it is one in words, which can be shown, and name no secret.
func checkFailure(t *testing.T, operation string, err error) {
	t.Helper()
	var failure *blob.Error
	if !errors.As(err, &failure) || failure.Op == "" || failure.Err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%s: %#v", operation, err)
		return
	}
	said := strings.ReplaceAll(err.Error(), "\n", " ") + failure.Advice // a failure of the clean-up comes in a line of its own
	if len(said) > 8000 || !utf8.ValidString(said) || strings.ContainsFunc(said, unicode.IsControl) || strings.Contains(said, secret) {
		t.Errorf("%s: %q", operation, said)
	}
}

// Keys come out of a listing as they went into it, whatever bytes they have, and none that was not asked for.
func FuzzListing(f *testing.F) {
	for _, key := range []string{"dir/a b+c", "dir/../x", "dir//x", "dir/\x00\n\x1b", "dir/\xff", "dir/%2e%2e", "other", "", "dir/]]>&amp;<", "dir/e\u0301", "dir/" + strings.Repeat("x", 1020)} {
		f.Add("dir/", key, "dir/z", "dir/p/", true)
		f.Add("dir/", "dir/a", key, key, false)
	}
	store, server := rawStore(f)
	f.Fuzz(func(t *testing.T, prefix, first, second, common string, encoded bool) {
		if !utf8.ValidString(prefix) || strings.ContainsFunc(prefix, unicode.IsControl) {
			return // nobody asks for that
		}
		written, encoding := func(key string) string { return key }, ""
		if encoded {
			written, encoding = url.QueryEscape, "<EncodingType>url</EncodingType>"
		}
		var answer bytes.Buffer
		answer.WriteString("<ListBucketResult>" + encoding + "<IsTruncated>false</IsTruncated>")
		element := func(before, key, after string) {
			answer.WriteString(before)
			xml.EscapeText(&answer, []byte(written(key)))
			answer.WriteString(after)
		}
		element("<Contents><Key>", first, "</Key><Size>1</Size><ETag>e</ETag></Contents>")
		element("<Contents><Key>", second, "</Key><Size>2</Size><ETag>e</ETag></Contents>")
		element("<CommonPrefixes><Prefix>", common, "</Prefix></CommonPrefixes>")
		answer.WriteString("</ListBucketResult>")
		server.Answer(http.StatusOK, "Connection: close\r\nx-amz-request-id: 4711", answer.Bytes())
		page, err := store.List(t.Context(), blob.Query{Prefix: prefix, Delimiter: "/"})
		for _, info := range page.Infos {
			if !strings.HasPrefix(info.Key, prefix) {
				t.Errorf("%q is listed below %q", info.Key, prefix)
			}
		}
		if err != nil {
			checkFailure(t, "List", err)
		}
		if !encoded {
			return // XML cannot hold every key
		}
		elsewhere := func(key string) bool { return !strings.HasPrefix(key, prefix) || len(key) > 4096 }
		if wrong := elsewhere(first) || elsewhere(second) || elsewhere(common); wrong != errors.Is(err, blob.ErrNotAStore) {
			t.Errorf("%q, %q and %q below %q: %v", first, second, common, prefix, err)
		}
		if err == nil && (len(page.Infos) != 2 || page.Infos[0].Key != first || page.Infos[1].Key != second || len(page.Prefixes) != 1 || page.Prefixes[0] != common) {
			t.Errorf("%q, %q and %q came as %+v", first, second, common, page)
		}
	})
}
