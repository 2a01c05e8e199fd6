package hostile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/rawserver"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// slack is what connections and buffers may take of an answer beyond its limit, in bytes.
const slack = 1 << 20

const page = "<!DOCTYPE html><html><head><title> Sign&nbsp;in\n to ACME </title></head><body>lots of text</body></html>"

// strangers are the answers of what is no store.
var strangers = map[string]Answer{
	"a page":                {200, "Content-Type: text/html; charset=utf-8\r\nETag: \"5f-6\"", page},
	"a page that is absent": {404, "Content-Type: text/html", page},
	"a forbidden page":      {403, "Content-Type: text/html", page},
	"a broken gateway":      {502, "Content-Type: text/html", page},
	"a page without a type": {200, "Server: x", page},
	"plain text":            {404, "Content-Type: text/plain; charset=utf-8", "404 page not found\n"},
	"plain text, found":     {200, "Content-Type: text/plain; charset=utf-8", "it works"},
	"JSON":                  {403, "Content-Type: application/json", `{"error":"no"}`},
	"an empty 200":          {200, "Content-Length: 0", ""},
	"an empty 204":          {204, "Server: x", ""},
	"an empty 403":          {403, "Content-Length: 0", ""},
	"an empty 404":          {404, "Content-Length: 0", ""},
	another:                 {404, "Content-Type: application/xml", "<Error><Code>NoSuchKey</Code></Error>"},
}

// another is a store of another vendor, where that can be told.
const another = "another store"

// lengthless are objects of which nobody can tell whether they are whole.
var lengthless = []string{"Connection: close\r\n\r\nhalf of an obj", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n\r\n"}

// Answering is a store whose server answers everything in the same way.
func (v Vendor) Answering(t *testing.T, answer Answer) Store {
	t.Helper()
	dial, _ := start(t, answer)
	return v.at(t, dial)
}

// start starts a server that answers everything in the same way, and returns how to come to it, whatever the address, and the hosts that
// the requests were for.
func start(t *testing.T, answer Answer) (dial wire.Dial, hosts func() []string) {
	t.Helper()
	var (
		mu   sync.Mutex
		seen []string
	)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, r.Host)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		fmt.Fprintf(conn, "HTTP/1.1 %d Answer\r\nConnection: close\r\n%s\r\n\r\n%s", answer.Status, answer.Header, answer.Body)
	}))
	t.Cleanup(server.Close)
	dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, server.Listener.Addr().String())
	}
	return dial, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(seen)
	}
}

// Run runs the suite, but for fuzzing.
func Run(t *testing.T, v Vendor) {
	for name, answer := range strangers {
		if name == another && v.Proves == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			dial, _ := start(t, answer)
			for _, operation := range v.operations() {
				err := operation.Send(t.Context(), v.at(t, dial))
				if err == nil && v.Proves == nil && operation.Root == "" && answer.Status/100 == 2 && answer.Body == "" {
					continue // some genuine stores say no more
				}
				v.CheckFailure(t, operation.Name, err)
				if !errors.Is(err, blob.ErrNotAStore) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, blob.ErrNoBucket) || strings.Contains(err.Error(), "lots") {
					t.Errorf("%s: %v", operation.Name, err)
				}
				var failure *blob.Error
				if errors.As(err, &failure) && (failure.Endpoint != Endpoint || !strings.Contains(failure.Advice, "endpoint")) {
					t.Errorf("%s: %+v", operation.Name, failure)
				}
				if answer.Body == page && operation.Name == "List" && !strings.Contains(fmt.Sprint(err), `"Sign in to ACME"`) {
					t.Errorf("%s: %v", operation.Name, err)
				}
			}
		})
	}
	t.Run("no answers", v.connections)
	t.Run("redirects", v.redirects)
	t.Run("answers without an end", v.endlessAnswers)
	t.Run("headers without an end", v.endlessHeaders)
	t.Run("objects without a length", func(t *testing.T) {
		server := &rawserver.Server{}
		t.Cleanup(server.Wait)
		for _, framing := range lengthless {
			server.Raw([]byte("HTTP/1.1 200 OK\r\n"+v.Genuine+"\r\nETag: \"e\"\r\n"+framing), nil)
			err := readAll(t.Context(), v.at(t, server.Dial), blob.ReadOptions{})
			v.ExpectAll(t, map[string]error{"Open": err}, blob.ErrNotAStore, "without a length")
		}
	})
}

// A signed request is for whom it was signed for: no redirect is followed, to whatever host or scheme.
func (v Vendor) redirects(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, sign := range []string{"", "\r\n" + v.Genuine} {
			dial, hosts := start(t, Answer{status, "Location: http://elsewhere.example.com/x?token=" + v.Secret + sign, ""})
			for _, operation := range v.operations() {
				err := operation.Send(t.Context(), v.at(t, dial))
				if err == nil && operation.Optional {
					continue
				}
				v.CheckFailure(t, operation.Name, err)
				if !errors.Is(err, blob.ErrNotAStore) && !errors.Is(err, blob.ErrWrongRegion) {
					t.Errorf("%s, %d: %v", operation.Name, status, err)
				}
			}
			if elsewhere := slices.IndexFunc(hosts(), func(host string) bool { return "http://"+host != Endpoint }); elsewhere >= 0 || len(hosts()) == 0 {
				t.Errorf("%d: requests went to %q", status, hosts())
			}
		}
	}
}

// An answer without an end is an error that says so, of which no more is read than the limit.
func (v Vendor) endlessAnswers(t *testing.T) {
	server := &rawserver.Server{Pause: 50 * time.Millisecond}
	t.Cleanup(server.Wait)
	piece := bytes.Repeat([]byte("<Contents><Key>dir/x</Key></Contents>"), 2000)
	for _, operation := range v.operations() {
		if strings.HasPrefix(operation.Name, "Open") || operation.Method == http.MethodHead || operation.Name == "SetAttrs" {
			continue // an object may be as long as it likes, and to a HEAD comes no body
		}
		for _, status := range []int{200, 403, 500} {
			root := operation.Root
			if status != 200 || root == "" {
				root = "Error"
			}
			send := func() error {
				server.Endless(status, v.Genuine+"\r\nETag: \"e\"\r\nConnection: close", []byte("<"+root+">"), piece)
				return operation.Send(t.Context(), v.at(t, server.Dial))
			}
			err := send()
			// On a busy machine the pause may not be enough for net/http to learn that the request was sent: then it has closed the connection itself.
			for again := 0; again < 10 && err != nil && strings.Contains(err.Error(), io.ErrClosedPipe.Error()); again++ {
				err = send()
			}
			if err == nil && operation.Optional {
				continue
			}
			v.CheckFailure(t, operation.Name, err)
			if !errors.Is(err, blob.ErrNotAStore) || !strings.Contains(err.Error(), "bytes, of which no more were read") {
				t.Errorf("%s, %d: %v", operation.Name, status, err)
			}
			if most := int64(server.Requests()) * (wire.MaxAnswer(status) + slack); server.Sent() > most {
				t.Errorf("%s, %d: %d bytes were read in %d requests", operation.Name, status, server.Sent(), server.Requests())
			}
		}
	}
}

// Neither has a header an end.
func (v Vendor) endlessHeaders(t *testing.T) {
	server := &rawserver.Server{}
	t.Cleanup(server.Wait)
	for _, header := range []string{v.Meta + "a: ", v.Meta + "a: b\r\n"} {
		for _, operation := range v.operations() {
			server.Raw([]byte("HTTP/1.1 200 OK\r\n"+header), bytes.Repeat([]byte(header), 1000))
			err := operation.Send(t.Context(), v.at(t, server.Dial))
			v.CheckFailure(t, operation.Name, err)
			if !errors.Is(err, blob.ErrUnreachable) {
				t.Errorf("%s: %v", operation.Name, err)
			}
			if most := int64(server.Requests()) * slack; server.Sent() > most {
				t.Errorf("%s: %d bytes were read in %d requests", operation.Name, server.Sent(), server.Requests())
			}
		}
	}
}
