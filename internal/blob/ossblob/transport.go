package ossblob

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

const (
	dialTimeout = 10 * time.Second
	// headerTimeout is how long a server may think after it has the whole request.
	headerTimeout = time.Minute
	// slowHeaderTimeout is the same for copies and completions, which move gigabytes before they are answered.
	slowHeaderTimeout = 10 * time.Minute
	// writeTimeout is how long a server may take nothing while bytes are sent to it.
	writeTimeout = time.Minute
	// connections that are kept for the next requests: parts of many artifacts are sent at once.
	idleConnections = 64
	idleTimeout     = 50 * time.Second // the SDK's own (conf.go)
	// maxRefusal is how much is read of an answer that is no success, in bytes.
	maxRefusal = 1 << 20
)

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// newTransport is the pool of connections of one store. Proxies are those of the environment.
func newTransport(roots *x509.CertPool, dial dialFunc) *http.Transport {
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}).DialContext
	}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			if err != nil {
				return nil, &dialError{err}
			}
			return stallingConn{conn, writeTimeout}, nil
		},
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout:   dialTimeout,
		ResponseHeaderTimeout: headerTimeout,
		MaxIdleConns:          idleConnections,
		MaxIdleConnsPerHost:   idleConnections,
		IdleConnTimeout:       idleTimeout,
		WriteBufferSize:       64 << 10,
		// Objects are stored as they are, and read as they are stored.
		DisableCompression: true,
		// HTTP/2 puts all parts into one connection, with one window.
		TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{},
	}
}

// httpClient follows no redirect: a signature covers the host, and OSS names the right endpoint in an error.
func httpClient(transport *http.Transport) *http.Client {
	return &http.Client{
		Transport:     bounded{transport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// bounded cuts answers that are no success: the SDK reads them as a whole (conn.go, readResponseBody), and they may be anybody's.
type bounded struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.RoundTripper.RoundTrip(r)
	if err == nil && response.StatusCode/100 != 2 {
		response.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(response.Body, maxRefusal), response.Body}
	}
	return response, err
}

// dialError is a connection that was never made: nothing can have been done.
type dialError struct{ err error }

func (e *dialError) Error() string { return e.err.Error() }
func (e *dialError) Unwrap() error { return e.err }

// stallingConn ends when the other side takes nothing for too long. net/http has a limit for the answer only.
type stallingConn struct {
	net.Conn
	timeout time.Duration
}

func (c stallingConn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.timeout)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// certificates are those of the system and of a file; nil, which is those of the system, without a file.
func certificates(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, &caError{err}
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, &caError{fmt.Errorf("%s holds no certificate in PEM", path)}
	}
	return pool, nil
}

// caError is a file of certificates that is of no use.
type caError struct{ err error }

func (e *caError) Error() string { return e.err.Error() }
func (e *caError) Unwrap() error { return e.err }
