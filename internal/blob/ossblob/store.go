// Package ossblob keeps blobs in a bucket of Alibaba Cloud OSS.
package ossblob

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// Store is one bucket.
type Store struct {
	config Config
	bucket string

	opening sync.Mutex
	opened  atomic.Pointer[connection]

	// copyLimit is the largest object that one CopyObject takes, and copyPart the size of the parts above it, in bytes.
	copyLimit, copyPart int64

	// pause is what the first repetition of a request waits for, about; it doubles with each.
	pause time.Duration

	// unlisted: open uploads may not be listed here. It is not asked for again.
	unlisted atomic.Bool

	// limits are how long the server may be silent.
	limits wire.Limits

	// dial replaces the network in tests; nil: the network.
	dial wire.Dial
}

var (
	_ blob.Store          = (*Store)(nil)
	_ blob.Presigner      = (*Store)(nil)
	_ blob.CORSConfigurer = (*Store)(nil)
	_ blob.Accelerator    = (*Store)(nil)
	_ blob.UploadSweeper  = (*Store)(nil)
)

// connection is what the first use of a Store makes of its Config. A field of type oss.Client would keep every one of its some 200 calls in the
// binary, although none is in use: what lies behind an interface can be reached by reflection.
type connection struct {
	places      places
	regional    *oss.Conn
	accelerated *oss.Conn
	slow        *oss.Conn // regional, for requests whose answer takes long
	sign        func(key string, method oss.HTTPMethod, seconds int64, options ...oss.Option) (string, error)
	transports  []*http.Transport
	keys        *keyring
}

// New returns the store of a bucket. It opens nothing and looks up no credential: the first call of a method does.
func New(config Config, bucket string) *Store {
	if config.Budget == nil {
		config.Budget = multipart.NewBudget(multipart.DefaultParts)
	}
	return &Store{
		config: config, bucket: bucket,
		copyLimit: 1 << 30, // "larger than 1 GB ... UploadPartCopy" (API reference, CopyObject)
		copyPart:  256 << 20,
		pause:     firstPause,
		limits:    wire.DefaultLimits(),
	}
}

// connect opens the connection once. A first use that fails leaves it to the next.
func (s *Store) connect() (*connection, error) {
	s.opening.Lock()
	defer s.opening.Unlock()
	if conn := s.opened.Load(); conn != nil {
		return conn, nil
	}
	conn, err := s.open()
	if err != nil {
		return nil, err
	}
	s.opened.Store(conn)
	return conn, nil
}

// open asks nothing of anybody.
func (s *Store) open() (*connection, error) {
	places, err := placesOf(s.config, s.bucket)
	if err != nil {
		return nil, err
	}
	roots, err := wire.Certificates(s.config.CABundle)
	if err != nil {
		return nil, err
	}
	quick := newTransport(roots, s.dial, s.limits)
	slow := wire.Patient(quick, s.limits)
	conn := &connection{places: places, transports: []*http.Transport{quick, slow}, keys: newKeyring(s.config)}
	for _, client := range []struct {
		made      **oss.Conn
		transport *http.Transport
		endpoint  string
		cname     bool
	}{
		{&conn.regional, quick, places.endpoint, s.config.UseCNAME},
		{&conn.slow, slow, places.endpoint, s.config.UseCNAME},
		{&conn.accelerated, quick, places.accelerate, s.ownDomain(places.accelerate)},
	} {
		if client.endpoint == "" {
			continue
		}
		made, err := s.client(conn, client.transport, client.endpoint, client.cname)
		if err != nil {
			return nil, &settingError{"endpoint", "it is no URL: " + client.endpoint}
		}
		*client.made = made.Conn
		if client.made == &conn.regional {
			conn.sign = oss.Bucket{Client: *made, BucketName: s.bucket}.SignURL
		}
	}
	return conn, nil
}

// client makes one of the SDK's. Its calls are not used, only what is below them, (*oss.Conn).DoWithContext, which signs a
// request and sends it: many calls drop the context (client.go, Client.do in v3.0.2), and all of them hash and wrap bodies.
func (s *Store) client(conn *connection, transport *http.Transport, endpoint string, cname bool) (*oss.Client, error) {
	version := oss.AuthV4
	if s.config.SignatureVersion == SignatureV1 {
		version = oss.AuthV1
	}
	options := []oss.ClientOption{
		oss.HTTPClient(httpClient(transport, s.limits)),
		oss.SetCredentialsProvider(conn.keys),
		oss.AuthVersion(version),
		oss.Region(conn.places.region),
		oss.UseCname(cname),
		oss.ForcePathStyle(s.pathStyle(endpoint)),
		oss.EnableCRC(false),
		oss.EnableMD5(false),
		oss.SetLogLevel(oss.LogOff),
	}
	client, err := oss.New(endpoint, "", "", options...)
	if err != nil {
		return nil, err
	}
	if s.config.UserAgent != "" {
		client.Config.UserAgent = s.config.UserAgent + " " + client.Config.UserAgent
	}
	return client, nil
}

// pathStyle: an IP address has no subdomains, and the SDK knows that itself.
func (s *Store) pathStyle(endpoint string) bool {
	if s.config.UsePathStyle != nil {
		return *s.config.UsePathStyle
	}
	return isLocalhost(endpoint)
}

// ownDomain: with use_cname the acceleration endpoint may be a domain of the user's own as well.
func (s *Store) ownDomain(endpoint string) bool {
	u, err := url.Parse(endpoint)
	return s.config.UseCNAME && err == nil && !strings.HasSuffix(u.Hostname(), ".aliyuncs.com")
}
