package ossblob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/rest"
)

// Nothing is sent that need not be; the looks are for conditions that OSS does not know, or that buckets with versions ignore.
func TestNoRequestThatNeedNotBe(t *testing.T) {
	b := startBehind(t, nil)
	write := func(key string, size int, cond blob.Cond) func() error {
		return func() error { _, err := blobtest.Put(t, b, key, blobtest.SomeBytes(size), cond); return err }
	}
	edit := func() error { _, err := b.SetAttrs(t.Context(), "key", blob.Cond{}, own); return err }
	byParts := "ListMultipartUploads InitiateMultipartUpload UploadPart UploadPart UploadPart "
	for _, step := range []struct {
		name, want string
		do         func() error
		err        error
	}{
		{"a small object", "PutObject", write("key", 4, blob.Cond{}), nil},
		{"a new object", "HeadObject PutObject", write("new", 4, blob.Cond{IfAbsent: true}), nil},
		{"a large object", byParts + "CompleteMultipartUpload", write("key", large, blob.Cond{}), nil},
		{"a new large object", byParts + "HeadObject CompleteMultipartUpload", write("large", large, blob.Cond{IfAbsent: true}), nil},
		{"over another", "ListMultipartUploads InitiateMultipartUpload", write("large", large, blob.Cond{IfAbsent: true}), fs.ErrExist},
		{"over one that is gone", "HeadObject HeadObject", write("new", 5, blob.Cond{IfMatch: "stale"}), blob.ErrChanged}, // Put itself looks what became of it
		{"Bucket", "ListObjectsV2", func() error { return b.Bucket(t.Context()) }, nil},
		{"SetAttrs", "HeadObject GetObjectACL CopyObject", edit, nil},
		{"SetAttrs that changes nothing", "HeadObject", edit, nil},
		{"Delete", "DeleteObject", func() error { return b.Delete(t.Context(), "key", blob.Cond{}) }, nil},
		{"Presign", "", func() error { _, err := b.Presign(t.Context(), http.MethodGet, "key", time.Hour); return err }, nil},
	} {
		if err := step.do(); !errors.Is(err, step.err) {
			t.Errorf("%s: %v", step.name, err)
		}
		if got := b.asked(); got != step.want {
			t.Errorf("%s asked for %q, want %q", step.name, got, step.want)
		}
	}
}

// Requests are signed in the version that is set, whatever is in a key, and say what is sent and by whom.
func TestRequests(t *testing.T) {
	for version, want := range map[string]string{"": "V4", SignatureV4: "V4", SignatureV1: "V1"} {
		b := startBehind(t, func(s *setup) { s.SignatureVersion, s.UserAgent = version, "flink/1.2" })
		for key, size := range map[string]int{"a//b": 0, "a/./b": 4, "a/../b": 100, "?versionId=b&c": large, "-": 5} {
			blobtest.MustPut(t, b, key, blobtest.SomeBytes(size))
			if _, err := b.SetAttrs(t.Context(), key, blob.Cond{}, own); err != nil {
				t.Errorf("%q: %v", key, err)
			}
			b.expect(t, key, blobtest.SomeBytes(size))
		}
		for _, r := range b.server.Requests() {
			sent := r.Operation == "PutObject" || r.Operation == "UploadPart"
			if r.Status != http.StatusOK || r.SignatureVersion != want || !strings.HasPrefix(r.Header.Get("User-Agent"), "flink/1.2 ") ||
				r.Operation == "PutObject" && r.Header.Get("Content-Md5") == "" || sent && (r.Header.Get("Content-Length") == "" || r.Header.Get("Transfer-Encoding") != "") {
				t.Errorf("%q: %+v", version, r)
			}
		}
		for _, ttl := range []time.Duration{0, 8 * 24 * time.Hour} {
			if _, err := b.Presign(t.Context(), http.MethodGet, "key", ttl); (err == nil) != (version == SignatureV1 && ttl > 0) {
				t.Errorf("%q: signed for %s: %v", version, ttl, err)
			}
		}
	}
}

// Every request is sent under the context of the call, which the SDK's own calls drop, so that one that is cancelled ends at once.
// What OSS takes long for has connections of its own, which wait longer.
func TestConnections(t *testing.T) {
	type of struct{}
	b := startBehind(t, func(s *setup) {
		s.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if ctx.Value(of{}) == nil {
				t.Error("dialed under another context")
			}
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}
	})
	ctx := context.WithValue(t.Context(), of{}, "the call")
	vendor.Every(ctx, under(b.Store))
	b.driver(t).transports[1].CloseIdleConnections()
	b.driver(t).transports[1].DialContext = func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("the slow way") }
	var slow []string
	for operation, err := range vendor.Every(ctx, under(b.Store)) {
		if err != nil && strings.Contains(err.Error(), "the slow way") {
			slow = append(slow, operation)
		}
	}
	if slices.Sort(slow); !slices.Equal(slow, []string{"CompleteMultipartUpload", "SetAttrs", "UploadPartCopy"}) {
		t.Errorf("%q", slow)
	}
}

// An upload that was begun twice would be left open once.
func TestBegunOnce(t *testing.T) {
	b := startBehind(t, nil)
	for _, fault := range []faultproxy.Fault{faultproxy.Reset, faultproxy.LoseAnswer, faultproxy.Refuse500} {
		b.proxy.Clear()
		b.proxy.Inject(faultproxy.Match{Query: "uploads", Method: http.MethodPost}, fault, 1, 1)
		_, err := blobtest.Put(t, b, "key", blobtest.SomeBytes(large), blob.Cond{})
		if got := strings.Join(b.proxy.Methods(), " "); err == nil || got != "GET POST" {
			t.Errorf("%s: %v, sent %s", fault, err, got)
		}
	}
}

// Garbled bytes are refused before they are visible, by the MD5; a part by its CRC.
func TestGarbledOnTheWay(t *testing.T) {
	for _, size := range []int{100, large} {
		b := startBehind(t, nil)
		b.proxy.OnRequest(func(r *http.Request) {
			if r.Method == http.MethodPut {
				data, _ := io.ReadAll(r.Body)
				data[len(data)/2] ^= 1
				r.Body = io.NopCloser(bytes.NewReader(data))
			}
		})
		_, err := blobtest.Put(t, b, "key", blobtest.SomeBytes(size), blob.Cond{})
		vendor.ExpectAll(t, map[string]error{fmt.Sprint(size, " bytes"): err}, blob.ErrSourceChanged)
		b.expect(t, "key", nil)
		if got := b.asked(); strings.Contains(got, "CompleteMultipartUpload") {
			t.Errorf("asked for %s", got)
		}
	}
}

// What OSS itself says has other bytes does not stay visible, and an answer without the CRC is believed.
func TestAnotherCRCAfterTheFact(t *testing.T) {
	for _, size := range []int{100, large} {
		for _, versioned := range []bool{false, true} {
			b := startBehind(t, func(s *setup) { s.Versioning = versioned })
			crc, service := "42", b.driver(t).service
			send := service.Send
			service.Send = func(ctx context.Context, r rest.Request, body io.Reader) (*http.Response, error) {
				response, err := send(ctx, r, body)
				if err == nil && r.Operation != "UploadPart" {
					response.Header.Set("X-Oss-Hash-Crc64ecma", crc)
				}
				return response, err
			}
			b.server.Put(b.bucket, "key", []byte("old"), nil)
			_, err := blobtest.Put(t, b, "key", blobtest.SomeBytes(size), blob.Cond{})
			vendor.ExpectAll(t, map[string]error{fmt.Sprint(size, " bytes"): err}, blob.ErrSourceChanged, "OSS says that it has 42")
			b.expect(t, "key", map[bool][]byte{true: []byte("old")}[versioned])
			crc = ""
			blobtest.MustPut(t, b, "key", blobtest.SomeBytes(size))
		}
	}
}
