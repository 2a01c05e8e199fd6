package ossblob

import (
	"bytes"
	"context"
	"fmt"
	"io"
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
			if r.Status != http.StatusOK || r.SignatureVersion != want || !strings.HasPrefix(r.Header.Get("User-Agent"), "flink/1.2 ") ||
				r.Bytes > 0 && (r.Header.Get("Content-Length") == "" || r.Header.Get("Transfer-Encoding") != "") ||
				r.Operation == "PutObject" && r.Header.Get("Content-Md5") == "" {
				t.Errorf("%q: %+v", version, r)
			}
		}
		// Without x-oss-range-behavior a range beyond the end would be the whole object.
		if _, err := b.Open(t.Context(), "-", blob.ReadOptions{Offset: 2000}); !strings.Contains(fmt.Sprint(err), "InvalidRange") {
			t.Error(err)
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
		s.MaxRetries = new(int)
		s.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if ctx.Value(of{}) == nil {
				t.Error("dialed under another context")
			}
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}
	})
	b.driver(t).transports[1].DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return nil, fmt.Errorf("the slow way of %v", ctx.Value(of{}))
	}
	var slow []string
	for operation, err := range vendor.Every(context.WithValue(t.Context(), of{}, "the call"), under(b.Store)) {
		if err != nil && strings.Contains(err.Error(), "the slow way of the call") {
			slow = append(slow, operation)
		}
	}
	slices.Sort(slow)
	if retries := b.driver(t).service.Retries; retries != 0 || !slices.Equal(slow, []string{"CompleteMultipartUpload", "SetAttrs", "UploadPartCopy"}) {
		t.Errorf("%q, %d retries", slow, retries)
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

// Garbled bytes are refused before they are visible, by the MD5, and parts by their CRC.
// What OSS itself says has other bytes does not stay visible, and an answer without the CRC is believed.
func TestOtherBytes(t *testing.T) {
	for _, size := range []int{100, large} {
		for _, versioned := range []bool{false, true} {
			b := startBehind(t, func(s *setup) { s.Versioning = versioned })
			b.server.Put(b.bucket, "key", []byte("old"), nil)
			crc, service := "", b.driver(t).service
			b.proxy.OnRequest(func(r *http.Request) {
				if r.Method == http.MethodPut {
					data, _ := io.ReadAll(r.Body)
					data[len(data)/2] ^= 1
					r.Body = io.NopCloser(bytes.NewReader(data))
				}
			})
			send := service.Send
			service.Send = func(ctx context.Context, r rest.Request, body io.Reader) (*http.Response, error) {
				response, err := send(ctx, r, body)
				if err == nil && r.Operation != "UploadPart" {
					response.Header.Set("X-Oss-Hash-Crc64ecma", crc)
				}
				return response, err
			}
			_, err := blobtest.Put(t, b, "key", blobtest.SomeBytes(size), blob.Cond{})
			vendor.ExpectAll(t, map[string]error{"garbled": err}, blob.ErrSourceChanged)
			b.expect(t, "key", []byte("old"))
			if got := b.asked(); strings.Contains(got, "CompleteMultipartUpload") || strings.Contains(got, "DeleteObject") {
				t.Errorf("asked for %s", got)
			}
			b.proxy.OnRequest(nil)
			crc = "42"
			_, err = blobtest.Put(t, b, "key", blobtest.SomeBytes(size), blob.Cond{})
			vendor.ExpectAll(t, map[string]error{"another CRC": err}, blob.ErrSourceChanged, "OSS says that it has 42")
			b.expect(t, "key", map[bool][]byte{true: []byte("old")}[versioned])
			crc = ""
			blobtest.MustPut(t, b, "key", blobtest.SomeBytes(size))
		}
	}
}
