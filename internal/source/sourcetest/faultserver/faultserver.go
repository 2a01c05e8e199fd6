// Package faultserver is servers of files over https and http for tests: they write down what they are asked, and break in every way that
// servers and networks do. What is served without a fault, ranges and conditions included, is net/http's own ServeContent.
package faultserver

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/privateca"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/secrettest"
)

// Server is three servers of the same files. They end with the test.
type Server struct {
	URL      string // https://127.0.0.1:port
	OtherURL string // https://localhost:port, another host with another port and another CA
	PlainURL string // http://127.0.0.1:port

	CAFile      string // path of the PEM file with the authority of URL
	OtherCAFile string // of OtherURL

	// A client certificate in PEM that File.ClientCertificate is content with.
	ClientCert, ClientKey string

	closing     chan struct{}
	connections atomic.Int64

	mu       sync.Mutex
	files    map[string]File
	rules    []*rule
	requests []*record
}

// File is what lies under a path. Its zero value is an empty file that nothing is told about, and that anybody may read.
type File struct {
	Data         []byte
	ETag         string    // with its quotes: `"v1"`, `W/"v1"`; "": none
	LastModified time.Time // zero: none
	ContentType  string    // "": application/octet-stream
	Chunked      bool      // no length is told
	NoRanges     bool      // ranges are ignored

	// Without what is required, the answer is 401; 403 without a client certificate.
	Username, Password      string
	Token                   string
	HeaderName, HeaderValue string
	ClientCertificate       bool
}

// Request is what was asked.
type Request struct {
	Server string // "https", "other", "http"
	Method string
	Path   string
	Query  string // as it was sent
	Host   string
	Header http.Header
	TLS    bool
	Status int   // of the answer; 0: there was none, or there is none yet
	Sent   int64 // bytes of the answer's body, as they were handed to the network
}

type record struct {
	Request
	status, sent atomic.Int64
}

// Start starts the servers.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{closing: make(chan struct{}), files: map[string]File{}}
	roots := x509.NewCertPool()
	s.makeClientCertificate(t, roots)
	authority, other := privateca.New(t), privateca.New(t)
	s.CAFile, s.OtherCAFile = authority.File, other.File
	s.URL = s.serve(t, "https", authority, roots)
	s.OtherURL = strings.Replace(s.serve(t, "other", other, roots), "127.0.0.1", "localhost", 1)
	s.PlainURL = s.serve(t, "http", nil, nil)
	return s
}

func (s *Server) serve(t testing.TB, name string, authority *privateca.CA, clients *x509.CertPool) string {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.answer(name, w, r) }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // broken connections are what this is for
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.connections.Add(1)
		}
	}
	if authority == nil {
		server.Start()
	} else {
		server.TLS = authority.Server.Clone()
		server.TLS.ClientAuth, server.TLS.ClientCAs = tls.VerifyClientCertIfGiven, clients
		server.StartTLS()
	}
	t.Cleanup(func() {
		s.stopStalling()
		server.Close()
	})
	return server.URL
}

func (s *Server) stopStalling() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closing:
	default:
		close(s.closing)
	}
}

func (s *Server) makeClientCertificate(t testing.TB, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "client of a test"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	s.ClientCert = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}))
	// What stands before the first block of a PEM file is a comment.
	s.ClientKey = secrettest.Secret("key of a client certificate") + "\n" + string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	roots.AppendCertsFromPEM([]byte(s.ClientCert))
}

// Put lays a file under a path, "/job.jar", on all three servers.
func (s *Server) Put(path string, file File) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[path] = file
}

// Remove takes a file away.
func (s *Server) Remove(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.files, path)
}

// Connections is how many were made so far, to all three.
func (s *Server) Connections() int { return int(s.connections.Load()) }

// Requests are all requests so far, in the order in which they came. One that was answered is always among them: it is written down before its
// answer begins.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	requests := make([]Request, 0, len(s.requests))
	for _, record := range s.requests {
		request := record.Request
		request.Status, request.Sent = int(record.status.Load()), record.sent.Load()
		requests = append(requests, request)
	}
	return requests
}

// Forget forgets the requests so far. Faults stay, and go on counting.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}

func (s *Server) answer(name string, w http.ResponseWriter, r *http.Request) {
	written := &record{Request: Request{
		Server: name, Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Host: r.Host, Header: r.Header.Clone(), TLS: r.TLS != nil,
	}}
	s.mu.Lock()
	s.requests = append(s.requests, written)
	fault := s.decide(name, r)
	s.mu.Unlock()
	if fault.do != nil {
		fault.do()
	}
	s.mu.Lock()
	file, found := s.files[r.URL.Path]
	s.mu.Unlock()

	out := &writer{ResponseWriter: w, server: s, request: r, fault: fault, record: written, chunked: file.Chunked}
	switch {
	case fault.broken && fault.after == 0:
		out.breakOff()
	case fault.status != 0:
		out.Header().Set("Content-Type", "text/plain; charset=utf-8")
		out.WriteHeader(fault.status)
		io.WriteString(out, fault.body) //nolint:errcheck // a client that is gone
	case !found:
		http.NotFound(out, r)
	case file.ClientCertificate && (r.TLS == nil || len(r.TLS.PeerCertificates) == 0):
		http.Error(out, "no client certificate", http.StatusForbidden)
	case !file.admits(r):
		out.Header().Set("WWW-Authenticate", `Basic realm="test"`)
		http.Error(out, "who are you?", http.StatusUnauthorized)
	default:
		file.serve(out, r)
	}
}

func (f File) admits(r *http.Request) bool {
	username, password, _ := r.BasicAuth()
	return (f.Username == "" || username == f.Username && password == f.Password) &&
		(f.Token == "" || r.Header.Get("Authorization") == "Bearer "+f.Token) &&
		(f.HeaderName == "" || r.Header.Get(f.HeaderName) == f.HeaderValue)
}

func (f File) serve(w *writer, r *http.Request) {
	if f.ETag != "" {
		w.Header().Set("ETag", f.ETag)
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	if f.ContentType != "" {
		w.Header().Set("Content-Type", f.ContentType)
	}
	if f.NoRanges {
		r.Header.Del("Range")
	}
	http.ServeContent(w, r, "", f.LastModified, bytes.NewReader(f.Data))
}

// reset ends a connection as a crash would: by RST.
func reset(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if secure, ok := connection.(*tls.Conn); ok {
		connection = secure.NetConn()
	}
	if tcp, ok := connection.(*net.TCPConn); ok {
		tcp.SetLinger(0) //nolint:errcheck // then it ends by FIN
	}
	connection.Close()
}
