// Package ossfake is a fake of Alibaba Cloud OSS for tests: a server over a real socket that keeps objects in memory and
// refuses what OSS refuses, in OSS's words. It is a fake and says so by its name: where its strictness is not written in
// OSS's documentation or seen in its SDKs, the comment says "from memory".
//
// The documentation is that of https://www.alibabacloud.com/help/en/oss/. A number such as 0026-00000001 is an EC, the
// number of an error; its page is https://www.alibabacloud.com/help/en/oss/support/0026-00000001.
package ossfake

import (
	"crypto/rand"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/privateca"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/secrettest"
)

// The defaults of Options.
const (
	DefaultRegion    = "cn-hangzhou"
	DefaultCopyLimit = 1 << 30 // of CopyObject: https://www.alibabacloud.com/help/en/oss/developer-reference/copyobject
	DefaultMaxBytes  = 4 << 30
)

// Options choose what the server does. The zero value is plain http in cn-hangzhou.
type Options struct {
	TLS    bool   // https, with a certificate of a private CA: Server.CAFile
	Region string // of the server, and of its buckets unless they say otherwise

	AccessKey, SecretKey string // of the owner; made up when they are empty

	CopyLimit int64 // above this size CopyObject is refused, and a copy goes by parts
	MaxBytes  int64 // what all objects and parts may weigh together, as they are held in memory

	// Unrecorded keeps no requests: a server that runs for long would grow with each.
	Unrecorded bool
	// Done is called after every answer.
	Done func(Request)
}

// Server is the fake. One that Start made ends with its test.
type Server struct {
	Endpoint           string // "http://127.0.0.1:12345"; of New's servers it is "" like all that belongs to a listener
	AccelerateEndpoint string // the same buckets, as the transfer acceleration endpoint shows them
	CAFile             string // path of the private CA in PEM; "" without TLS
	Region             string
	AccessKey          string // of the owner of the buckets, made at random for this server
	SecretKey          string

	options Options

	mu        sync.Mutex
	buckets   map[string]*bucket
	cnames    map[string]string // host to bucket
	keys      map[string]Key
	oidc      map[string]bool // tokens that AssumeRoleWithOIDC knows
	offset    time.Duration   // of the clock
	onRequest func(Request)
	throttles []*throttle
	requests  []Request
}

// New makes a server without a listener: it is a handler that plays the regional endpoint.
func New(o Options) *Server {
	if o.Region == "" {
		o.Region = DefaultRegion
	}
	if o.AccessKey == "" {
		o.AccessKey = "LTAI" + rand.Text()[:20]
	}
	if o.SecretKey == "" {
		o.SecretKey = secrettest.Secret("of an account of the OSS fake")
	}
	if o.CopyLimit == 0 {
		o.CopyLimit = DefaultCopyLimit
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	s := &Server{
		Region:    o.Region,
		AccessKey: o.AccessKey,
		SecretKey: o.SecretKey,
		options:   o,
		buckets:   map[string]*bucket{},
		cnames:    map[string]string{},
		keys:      map[string]Key{},
		oidc:      map[string]bool{},
	}
	s.AddKey(Key{AccessKey: o.AccessKey, SecretKey: o.SecretKey})
	return s
}

// Start starts a server on loopback that ends with the test.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s := New(o)
	var authority *privateca.CA
	if o.TLS {
		authority = privateca.New(t)
		s.CAFile = authority.File
	}
	s.Endpoint = listen(t, s, authority)
	s.AccelerateEndpoint = listen(t, s.Accelerated(), authority)
	return s
}

// ServeHTTP plays the regional endpoint.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.serve(w, r, Regional) }

// Accelerated plays the acceleration endpoint, oss-accelerate.aliyuncs.com.
func (s *Server) Accelerated() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, Accelerated) })
}

// SetClock puts the server's clock forward or back against the machine's. More than 15 minutes make every signed request
// RequestTimeTooSkewed.
func (s *Server) SetClock(offset time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offset = offset
}

// now is the server's clock. The caller holds the lock.
func (s *Server) now() time.Time { return time.Now().Add(s.offset).UTC() }

// CreateBucket makes a bucket with a name of its own.
func (s *Server) CreateBucket(t testing.TB) string {
	t.Helper()
	name := "test-" + strings.ToLower(rand.Text())
	s.CreateBucketNamed(name, BucketOptions{})
	return name
}

// BindCNAME binds a host to a bucket, as PutCname does: requests with this Host are for it.
func (s *Server) BindCNAME(host, bucket string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cnames[strings.ToLower(host)] = bucket
}
