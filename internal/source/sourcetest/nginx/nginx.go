// Package nginx starts a real web server, Debian's nginx, on loopback for a test. It is test support: nothing else imports it.
package nginx

import (
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // what nginx knows without crypt(3)
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"text/template"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/privateca"
)

const (
	startTimeout = 30 * time.Second
	// startAttempts is how often other ports are tried when the free ones that were found are taken by somebody else.
	startAttempts = 5
)

// Options choose what the server does. The zero value serves everybody.
type Options struct {
	Username, Password string // basic authentication for everything; "": none
}

// Server is a running server. It ends with the test that started it.
type Server struct {
	URL       string // "https://127.0.0.1:12345"
	PlainURL  string // "http://127.0.0.1:12346"
	CAFile    string // path of the private CA in PEM
	Directory string // what is served; files are put here
}

// Start starts a server and waits until it answers. It fails the test when it cannot: no test is skipped.
func Start(t testing.TB, options Options) *Server {
	t.Helper()
	binary := find(t)
	authority := privateca.New(t)
	prefix := t.TempDir()
	server := &Server{CAFile: authority.File, Directory: filepath.Join(prefix, "files")}
	if err := os.Mkdir(server.Directory, 0o755); err != nil {
		t.Fatal(err)
	}
	self, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	settings := map[string]any{
		"User": self.Username, "Root": os.Geteuid() == 0, "Prefix": prefix, "Directory": server.Directory,
		"Certificate": authority.CertificateFile, "Key": authority.KeyFile, "Auth": options.Username != "",
	}
	if options.Username != "" {
		// Not in plain text, which would end at a colon.
		sum := sha1.Sum([]byte(options.Password)) //nolint:gosec // the password of a test
		write(t, filepath.Join(prefix, "users"), options.Username+":{SHA}"+base64.StdEncoding.EncodeToString(sum[:])+"\n")
	}
	errorLog := &output{}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("nginx's log:\n%s", errorLog)
		}
	})
	for attempt := 1; ; attempt++ {
		err := server.start(t, binary, prefix, settings, errorLog)
		if err == nil {
			return server
		}
		if attempt == startAttempts {
			t.Fatalf("nginx does not start: %v", err)
		}
		t.Logf("nginx, attempt %d: %v", attempt, err)
	}
}

// find looks where Debian puts daemons too, as the PATH of users often lacks that.
func find(t testing.TB) string {
	t.Helper()
	if path, err := exec.LookPath("nginx"); err == nil {
		return path
	}
	const debian = "/usr/sbin/nginx"
	if _, err := os.Stat(debian); err != nil {
		t.Fatal("this test needs nginx: apt-get install nginx-light, or `make test-packages`")
	}
	return debian
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// configuration is of one process, so that nothing is left when it is killed. All that nginx writes lies in the prefix.
var configuration = template.Must(template.New("nginx.conf").Parse(`
daemon off;
master_process off;
{{if .Root}}user {{.User}};{{end}}
pid {{.Prefix}}/nginx.pid;
error_log stderr warn;
events { worker_connections 128; }
http {
	access_log off;
	client_body_temp_path {{.Prefix}}/body;
	proxy_temp_path {{.Prefix}}/proxy;
	fastcgi_temp_path {{.Prefix}}/fastcgi;
	uwsgi_temp_path {{.Prefix}}/uwsgi;
	scgi_temp_path {{.Prefix}}/scgi;
	types { application/java-archive jar; text/html html; }
	default_type application/octet-stream;
	add_header X-Test "{{.Prefix}}" always;
	root {{.Directory}};
	{{if .Auth}}
	auth_basic "test";
	auth_basic_user_file {{.Prefix}}/users;
	{{end}}
	server { listen {{.Plain}}; }
	server {
		listen {{.TLS}} ssl;
		ssl_certificate {{.Certificate}};
		ssl_certificate_key {{.Key}};
	}
}
`))

// start runs nginx once on ports that are free right now. Between the look and the start they may be taken: then it ends by itself.
func (s *Server) start(t testing.TB, binary, prefix string, settings map[string]any, errorLog *output) error {
	secure, err := freeAddress()
	if err != nil {
		return err
	}
	plain, err := freeAddress()
	if err != nil {
		return err
	}
	settings["TLS"], settings["Plain"] = secure, plain
	var text bytes.Buffer
	if err := configuration.Execute(&text, settings); err != nil {
		return err
	}
	file := filepath.Join(prefix, "nginx.conf")
	write(t, file, text.String())

	// -e: until the configuration is read, the log would be that of the system.
	command := exec.Command(binary, "-e", "stderr", "-p", prefix, "-c", file) //nolint:gosec,noctx // it ends with the test
	command.Env = []string{}
	command.Stdout, command.Stderr = errorLog, errorLog
	if err := command.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		command.Wait() //nolint:errcheck // it is killed
		close(ended)
	}()
	stop := func() {
		command.Process.Kill() //nolint:errcheck // or it has ended
		<-ended
	}
	s.URL, s.PlainURL = "https://"+secure, "http://"+plain
	if err := s.await(t.Context(), prefix, ended); err != nil {
		stop()
		return err
	}
	t.Cleanup(stop)
	return nil
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // loopback does not wait
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// await returns when the server answers. It listens on both ports before it serves one. What took the port in its place may be an nginx as well, of
// another package's tests: the answer says whose it is.
func (s *Server) await(ctx context.Context, prefix string, ended <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	transport := &http.Transport{DisableKeepAlives: true}
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.PlainURL+"/", http.NoBody)
		if err != nil {
			return err
		}
		response, err := transport.RoundTrip(request)
		if err == nil {
			response.Body.Close()
			if server := response.Header.Get("Server"); !strings.HasPrefix(server, "nginx/") || response.Header.Get("X-Test") != prefix {
				return fmt.Errorf("something else answers at %s: %q", s.PlainURL, server)
			}
			return nil
		}
		select {
		case <-ended:
			return errors.New("it ended by itself")
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// output is written by the process and read by the test.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
