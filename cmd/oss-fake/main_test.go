package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
)

// output is written by the server and read by the test.
type output struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buffer.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buffer.String()
}

func TestRun(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	read, stdout := io.Pipe()
	var log output
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"-listen", "127.0.0.1:0", "-accelerate", "127.0.0.1:0", "-bucket", "one", "-bucket", "two", "-secret-key", "very-secret"}, stdout, &log)
		stdout.Close()
	}()
	// The introduction is one write.
	text := make([]byte, 10_000)
	n, err := read.Read(text)
	if err != nil {
		t.Fatal(err, <-ended)
	}
	variables := map[string]string{}
	for _, match := range regexp.MustCompile(`(?m)^export (\w+)=(\S+)$`).FindAllStringSubmatch(string(text[:n]), -1) {
		variables[match[1]] = match[2]
	}
	transport := &http.Transport{}
	c := oss.NewClient(oss.LoadDefaultConfig().WithRegion(variables["OSS_REGION"]).WithEndpoint(variables["OSS_ENDPOINT"]).
		WithHttpClient(&http.Client{Transport: transport}).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider(variables["OSS_ACCESS_KEY_ID"], variables["OSS_ACCESS_KEY_SECRET"])))
	for _, bucket := range []string{"one", "two"} {
		if _, err := c.PutObject(t.Context(), &oss.PutObjectRequest{Bucket: &bucket, Key: oss.Ptr("a\nb\x1b[31m\u202eü"), Body: strings.NewReader("data")}); err != nil {
			t.Error(err)
		}
	}
	// The acceleration was never switched on.
	fast := regexp.MustCompile(`accelerate_endpoint = "(\S+)"`).FindStringSubmatch(string(text[:n]))
	if fast == nil {
		t.Fatalf("no accelerated endpoint in %s", text[:n])
	}
	_, err = c.PutObject(t.Context(), &oss.PutObjectRequest{Bucket: oss.Ptr("one"), Key: oss.Ptr("x"), Body: strings.NewReader("data")},
		func(o *oss.Options) { o.Endpoint, _ = url.Parse(fast[1]) })
	if err == nil {
		t.Error("the accelerated endpoint serves a bucket without acceleration")
	}
	transport.CloseIdleConnections()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	lines := log.String()
	if !regexp.MustCompile(`^\S+ PutObject oss://one/a\\nb\\x1b\[31m\\u202eü 200\n\S+ PutObject oss://two/a\\nb\\x1b\[31m\\u202eü 200\n\S+ PutObject oss://one/x 4\d\d \w+\n$`).MatchString(lines) || strings.Contains(lines, "very-secret") {
		t.Errorf("%q", lines)
	}
	if !strings.Contains(string(text[:n]), "A FAKE") || !strings.Contains(string(text[:n]), "forgotten") || !strings.Contains(string(text[:n]), `base_uri = "oss://one/`) {
		t.Errorf("%s", text[:n])
	}
}

func TestLoopbackOnly(t *testing.T) {
	for _, option := range []string{"-listen", "-accelerate"} {
		arguments := []string{"-listen", "127.0.0.1:0", "-accelerate", "127.0.0.1:0", option, "0.0.0.0:0"} // the last counts
		if err := run(t.Context(), arguments, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), option) {
			t.Errorf("%s: %v", option, err)
		}
	}
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "example.com:80", "192.0.2.1:0", "nonsense"} {
		if err := run(t.Context(), []string{"-listen", address}, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "-listen") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestArguments(t *testing.T) {
	for argument, want := range map[string]string{"-bucket=Wrong_": "-bucket Wrong_", "-bucket=": "-bucket", "extra": "extra"} {
		if err := run(t.Context(), []string{"-listen", "127.0.0.1:0", "-accelerate", "127.0.0.1:0", argument}, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", argument, err)
		}
	}
}

// What is to be pasted into a shell is one word whatever it is.
func TestQuote(t *testing.T) {
	for value, want := range map[string]string{
		"oss-fake": "oss-fake", "http://127.0.0.1:1": "http://127.0.0.1:1", "": "''", "a b": "'a b'", "$(x)": "'$(x)'", "a'b": `'a'\''b'`,
	} {
		if got := quote(value); got != want {
			t.Errorf("%q: %s, want %s", value, got, want)
		}
	}
}
