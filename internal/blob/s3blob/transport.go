package s3blob

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

const (
	dialTimeout = 10 * time.Second
	// headerTimeout is how long a server may think after it has the whole request.
	headerTimeout = time.Minute
	// slowHeaderTimeout is the same for copies and completions, which move gigabytes before some stores answer.
	slowHeaderTimeout = 10 * time.Minute
	// writeTimeout is how long a server may take nothing while bytes are sent to it.
	writeTimeout = time.Minute
	// connections that are kept for the next requests: parts of many artifacts are sent at once.
	idleConnections = 64
)

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// transports are the HTTP clients of one store. None follows a redirect: a signature covers the host.
type transports struct {
	quick, slow *http.Client
}

func newTransports(configured *awshttp.BuildableClient, dial dialFunc) *transports {
	quick := configured.GetTransport()
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}).DialContext
	}
	quick.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return stallingConn{conn, writeTimeout}, nil
	}
	// HTTP/2 puts all parts into one connection, with one window: it is slower, and S3 does not speak it.
	quick.ForceAttemptHTTP2 = false
	quick.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	quick.TLSHandshakeTimeout = dialTimeout
	quick.ResponseHeaderTimeout = headerTimeout
	quick.MaxIdleConns, quick.MaxIdleConnsPerHost = idleConnections, idleConnections
	quick.WriteBufferSize = 64 << 10
	slow := quick.Clone()
	slow.ResponseHeaderTimeout = slowHeaderTimeout
	return &transports{quick: client(quick), slow: client(slow)}
}

func client(transport *http.Transport) *http.Client {
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

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

// certificates are those of the system and of a file; nil without a file.
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

func trust(roots *x509.CertPool) func(*http.Transport) {
	return func(transport *http.Transport) {
		if transport.TLSClientConfig == nil {
			transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		transport.TLSClientConfig.RootCAs = roots
	}
}

// caError is a file of certificates that is of no use.
type caError struct{ err error }

func (e *caError) Error() string { return e.err.Error() }
func (e *caError) Unwrap() error { return e.err }
