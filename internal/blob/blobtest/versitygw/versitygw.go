// Package versitygw starts a real S3 server, versitygw, on loopback for a test. It is test support: nothing else
// imports it.
package versitygw

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/privateca"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/s3client"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/secrettest"
)

// Region is that of every server.
const Region = s3client.Region

// startTimeout bounds how long a server may take until it answers; it is generous, as test packages share the machine.
const startTimeout = 30 * time.Second

// startAttempts is how often another port is tried when the free one that was found is taken by somebody else.
const startAttempts = 5

// logLines is how much of a server's log a test shows that fails.
const logLines = 60

// Options choose what the server does. The zero value is plain http without versions.
type Options struct {
	TLS        bool // https, with a certificate of a private CA: Server.CAFile
	Versioning bool // buckets made by CreateBucket keep versions
}

// Server is a running server. It ends with the test that started it.
type Server struct {
	Endpoint  string // "http://127.0.0.1:12345"
	AccessKey string // of the root account, made at random for this server
	SecretKey string
	CAFile    string // path of the private CA in PEM; "" without TLS

	s3client.Peer

	options Options
	binary  string
	buckets string // the directory that has them
	log     *output
}

// Start starts a server and waits until it answers. It fails the test when it cannot: no test is skipped.
func Start(t testing.TB, options Options) *Server {
	t.Helper()
	server := &Server{
		AccessKey: rand.Text(),
		SecretKey: secrettest.Secret("of versitygw's root account"),
		options:   options,
		binary:    binary(t),
		log:       &output{},
	}
	t.Cleanup(func() {
		if t.Failed() {
			lines := strings.Split(strings.TrimSpace(server.log.String()), "\n")
			t.Logf("the end of versitygw's log:\n%s", strings.Join(lines[max(0, len(lines)-logLines):], "\n"))
		}
	})
	directory := t.TempDir()
	arguments := []string{"--region", Region, "--health", "/-/health", "--keep-alive", "--iam-dir", mkdir(t, directory, "iam")}
	transport := &http.Transport{}
	if options.TLS {
		authority := privateca.New(t)
		server.CAFile, transport.TLSClientConfig = authority.File, authority.Client
		arguments = append(arguments, "--cert", authority.CertificateFile, "--key", authority.KeyFile)
	}
	backend := []string{"posix"}
	if options.Versioning {
		backend = append(backend, "--versioning-dir", mkdir(t, directory, "versions"))
	}
	server.buckets = mkdir(t, directory, "buckets")
	backend = append(backend, server.buckets)

	t.Cleanup(transport.CloseIdleConnections)
	for attempt := 1; ; attempt++ {
		err := server.start(t, append(arguments, backend...), transport)
		if err == nil {
			return server
		}
		if attempt == startAttempts {
			t.Fatalf("versitygw does not start: %v", err)
		}
		t.Logf("versitygw, attempt %d: %v", attempt, err)
	}
}

// start runs the server once on a port that is free right now. Between the look and the start the port may be taken:
// then the server ends by itself, or another one answers that does not know our key, and both are errors.
func (s *Server) start(t testing.TB, arguments []string, transport *http.Transport) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := listener.Addr().String()
	listener.Close()

	command := exec.Command(s.binary, append([]string{"--port", address}, arguments...)...)
	// Only what the server needs: no AWS_ variable of the test reaches it.
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "ROOT_ACCESS_KEY_ID=" + s.AccessKey, "ROOT_SECRET_ACCESS_KEY=" + s.SecretKey}
	command.Stdout, command.Stderr = s.log, s.log
	if err := command.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		command.Wait()
		close(ended)
	}()
	stop := func() {
		command.Process.Kill()
		<-ended
	}

	scheme := "http"
	if s.options.TLS {
		scheme = "https"
	}
	s.Endpoint = scheme + "://" + address
	s.Peer = s3client.New(s.Endpoint, s.AccessKey, s.SecretKey, transport, s.options.Versioning)
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	if err := s.await(ctx, &http.Client{Transport: transport}, ended); err != nil {
		stop()
		return err
	}
	if _, err := s.Client().ListBuckets(ctx, &s3.ListBucketsInput{}); err != nil {
		stop()
		return fmt.Errorf("something else answers at %s: %w", address, err)
	}
	t.Cleanup(stop)
	return nil
}

func (s *Server) await(ctx context.Context, client *http.Client, ended <-chan struct{}) error {
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Endpoint+"/-/health", nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
			err = fmt.Errorf("health check: %s", response.Status)
		}
		select {
		case <-ended:
			return fmt.Errorf("it ended by itself: %s", s.log)
		case <-ctx.Done():
			return fmt.Errorf("no answer within %s: %w", startTimeout, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// CreateUser makes an account that owns nothing and may nothing, with a secret made at random.
func (s *Server) CreateUser(t testing.TB) (accessKey, secretKey string) {
	t.Helper()
	accessKey, secretKey = rand.Text(), secrettest.Secret("of an account of versitygw")
	command := exec.CommandContext(t.Context(), s.binary, "admin", "--endpoint-url", s.Endpoint, "--allow-insecure",
		"create-user", "--access", accessKey, "--secret", secretKey, "--role", "user")
	command.Env = []string{"ADMIN_ACCESS_KEY_ID=" + s.AccessKey, "ADMIN_SECRET_ACCESS_KEY=" + s.SecretKey}
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("create-user: %v\n%s", err, out)
	}
	return accessKey, secretKey
}

// OpenParts is how many parts the open uploads of a bucket have together.
func (s *Server) OpenParts(t testing.TB, bucket string) int {
	t.Helper()
	parts, err := filepath.Glob(filepath.Join(s.buckets, bucket, ".sgwtmp", "multipart", "*", "*", "[0-9]*"))
	if err != nil {
		t.Fatal(err)
	}
	return len(parts)
}

// AgeUploads puts the beginning of all open uploads of a bucket back: a test does not wait for a day. The server takes it from the directory
// where it has the parts.
func (s *Server) AgeUploads(t testing.TB, bucket string, by time.Duration) {
	t.Helper()
	uploads, err := filepath.Glob(filepath.Join(s.buckets, bucket, ".sgwtmp", "multipart", "*", "*"))
	if err != nil || len(uploads) == 0 {
		t.Fatalf("no open upload: %v", err)
	}
	for _, upload := range uploads {
		info, err := os.Stat(upload)
		if err != nil {
			t.Fatal(err)
		}
		begun := info.ModTime().Add(-by)
		if err := os.Chtimes(upload, begun, begun); err != nil {
			t.Fatal(err)
		}
	}
}

// SetModified gives an object another modification time, which the server takes from its file.
func (s *Server) SetModified(t testing.TB, bucket, key string, modified time.Time) {
	t.Helper()
	if err := os.Chtimes(filepath.Join(s.buckets, bucket, filepath.FromSlash(key)), time.Time{}, modified); err != nil {
		t.Fatal(err)
	}
}

func mkdir(t testing.TB, parts ...string) string {
	t.Helper()
	path := filepath.Join(parts...)
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// output collects what the server prints, from two of its pipes at once.
type output struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

var _ io.Writer = (*output)(nil)

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
