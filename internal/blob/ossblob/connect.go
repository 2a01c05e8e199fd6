package ossblob

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/rest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// driver sends the requests of one bucket.
//
// The SDK's calls are not used, only what is below them, (*oss.Conn).DoWithContext, which signs a request and sends it: many calls drop the
// context (client.go, Client.do in v3.0.2), and all of them hash and wrap bodies.
// A field of type oss.Client would keep every one of its some 200 calls in the binary, although none is in use: what lies behind an interface
// can be reached by reflection.
type driver struct {
	config      Config
	bucket      string
	places      places
	service     *rest.Service
	regional    *oss.Conn
	accelerated *oss.Conn // nil: no accelerated endpoint is known
	slow        *oss.Conn // regional, for requests whose answer takes long
	sign        func(key string, method oss.HTTPMethod, seconds int64, options ...oss.Option) (string, error)
	transports  []*http.Transport
	keys        *keyring
}

// open makes the driver of a bucket, and sends nothing.
func open(config Config, bucket string, tuning objectstore.Tuning) (*driver, error) {
	places, err := placesOf(config, bucket)
	if err != nil {
		return nil, err
	}
	roots, err := wire.Certificates(config.CABundle)
	if err != nil {
		return nil, err
	}
	quick := &http.Transport{
		Proxy:           http.ProxyFromEnvironment,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		// Objects are stored as they are, and read as they are stored.
		DisableCompression: true,
	}
	wire.Bound(quick, tuning.Dial, tuning.Limits)
	slow := wire.Patient(quick, tuning.Limits)
	d := &driver{config: config, bucket: bucket, places: places, transports: []*http.Transport{quick, slow}, keys: newKeyring(config)}
	d.service = &rest.Service{
		Send: d.send, Proves: isGenuine, Check: d.check, Where: d.where,
		Retries: config.Retries(DefaultRetries), FirstPause: tuning.FirstPause, LongestPause: tuning.LongestPause,
	}
	regional, err := d.client(quick, tuning.Limits, places.endpoint, config.UseCNAME)
	if err != nil {
		return nil, err
	}
	patient, err := d.client(slow, tuning.Limits, places.endpoint, config.UseCNAME)
	if err != nil {
		return nil, err
	}
	d.regional, d.slow = regional.Conn, patient.Conn
	d.sign = oss.Bucket{Client: *regional, BucketName: bucket}.SignURL
	if places.accelerate != "" {
		accelerated, err := d.client(quick, tuning.Limits, places.accelerate, config.ownDomain(places.accelerate))
		if err != nil {
			return nil, err
		}
		d.accelerated = accelerated.Conn
	}
	return d, nil
}

// client makes one of the SDK's.
func (d *driver) client(transport *http.Transport, limits wire.Limits, endpoint string, cname bool) (*oss.Client, error) {
	version := oss.AuthV4
	if d.config.SignatureVersion == SignatureV1 {
		version = oss.AuthV1
	}
	client, err := oss.New(endpoint, "", "",
		oss.HTTPClient(wire.Client(bounded{transport}, limits)),
		oss.SetCredentialsProvider(d.keys),
		oss.AuthVersion(version),
		oss.Region(d.places.region),
		oss.UseCname(cname),
		oss.ForcePathStyle(d.config.pathStyle(endpoint)),
		oss.EnableCRC(false),
		oss.EnableMD5(false),
		oss.SetLogLevel(oss.LogOff),
	)
	if err == nil && d.config.UserAgent != "" {
		client.Config.UserAgent = d.config.UserAgent + " " + client.Config.UserAgent
	}
	return client, err
}

// send is rest.Service.Send.
func (d *driver) send(ctx context.Context, r rest.Request, body io.Reader) (*http.Response, error) {
	// Before the SDK needs them: it would wait without a context.
	if err := d.keys.refresh(ctx); err != nil {
		return nil, err
	}
	conn := d.regional
	switch {
	case r.Accelerated && d.accelerated == nil:
		return nil, errNoAcceleration
	case r.Accelerated:
		conn = d.accelerated
	case r.Patient:
		conn = d.slow
	}
	query := make(map[string]any, len(r.Query))
	for name, value := range r.Query {
		query[name] = value
	}
	response, err := conn.DoWithContext(ctx, r.Method, d.bucket, r.Key, query, r.Header, body, 0, nil)
	if response == nil {
		return nil, err
	}
	return &http.Response{StatusCode: response.StatusCode, Header: response.Headers, Body: response.Body}, nil
}

// where is rest.Service.Where.
func (d *driver) where(r rest.Request) string {
	if r.Accelerated {
		return d.places.accelerate
	}
	return d.places.endpoint
}

// bounded ends answers that are no success and too long: the SDK reads them as a whole (conn.go, readResponseBody), and they may be anybody's.
type bounded struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.RoundTripper.RoundTrip(r)
	if err == nil && response.StatusCode/100 != 2 {
		response.Body = wire.Bounded(response.Body, wire.MaxRefusal)
	}
	return response, err
}
