// Package wire is what all stores share that are reached over HTTP: how connections are made and bounded, how an answer is told from
// one that no store gives, and what a failure on the way is called.
package wire

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

const (
	dialTimeout = 10 * time.Second
	// headerTimeout is how long a server may think after it has the whole request.
	headerTimeout = time.Minute
	// slowHeaderTimeout is the same for copies and completions, which move gigabytes before some stores answer.
	slowHeaderTimeout = 10 * time.Minute
	// writeTimeout is how long a server may take nothing while bytes are sent to it.
	writeTimeout = time.Minute
	// idleConnections are kept for the next requests: parts of many artifacts are sent at once.
	idleConnections = 64
	idleTimeout     = 50 * time.Second
	// maxHeader bounds the header of an answer, in bytes. S3 tells 2 KiB of metadata, OSS 8.
	maxHeader = 256 << 10
)

// Dial makes a connection; nil stands for the network.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Limits are how long a server may be silent; none are the DefaultLimits.
type Limits struct {
	Header     time.Duration // after it has the whole request
	SlowHeader time.Duration // the same for copies and completions
	Read       time.Duration // in the middle of an answer's body
}

// DefaultLimits are those of every request; tests have shorter ones.
func DefaultLimits() Limits { return Limits{headerTimeout, slowHeaderTimeout, ReadTimeout} }

// Bound gives a transport the limits that every request here has, and lets it dial.
func Bound(transport *http.Transport, dial Dial, limits Limits) {
	limits = cmp.Or(limits, DefaultLimits())
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}).DialContext
	}
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, &DialError{err}
		}
		return stallingConn{conn, writeTimeout}, nil
	}
	// HTTP/2 puts all parts into one connection, with one window: it is slower, and neither S3 nor OSS speaks it.
	transport.ForceAttemptHTTP2 = false
	transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	transport.TLSHandshakeTimeout = dialTimeout
	transport.ResponseHeaderTimeout = limits.Header
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = idleConnections, idleConnections
	transport.IdleConnTimeout = idleTimeout
	transport.WriteBufferSize = 64 << 10
	transport.MaxResponseHeaderBytes = maxHeader
}

// Patient is the same transport, with connections of its own, for requests whose answer takes long.
func Patient(transport *http.Transport, limits Limits) *http.Transport {
	slow := transport.Clone()
	slow.ResponseHeaderTimeout = cmp.Or(limits, DefaultLimits()).SlowHeader
	return slow
}

// Client follows no redirect, as a signature covers the host, and ends answers that stall.
func Client(transport http.RoundTripper, limits Limits) *http.Client {
	return &http.Client{
		Transport:     WithReadTimeout(transport, cmp.Or(limits, DefaultLimits()).Read),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// DialError is a connection that was never made: nothing can have been done.
type DialError struct{ err error }

func (e *DialError) Error() string { return e.err.Error() }

// Unwrap gives the cause.
func (e *DialError) Unwrap() error { return e.err }

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

// sendBuffers are what bodies go through. Larger ones were measured to save nothing.
var sendBuffers = sync.Pool{New: func() any { b := make([]byte, 64<<10); return &b }}

// ReadFrom is how net/http sends a body over plain http. It would make a buffer of 32 KiB for each request.
func (c stallingConn) ReadFrom(r io.Reader) (int64, error) {
	buffer := sendBuffers.Get().(*[]byte)
	defer sendBuffers.Put(buffer)
	return io.CopyBuffer(struct{ io.Writer }{c}, struct{ io.Reader }{r}, *buffer)
}

// Certificates are those of the system and of a file in PEM; nil, which stands for those of the system, without a file. A file that is of no
// use is a *CAError.
func Certificates(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, &CAError{err}
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, &CAError{fmt.Errorf("%s holds no certificate in PEM", path)}
	}
	return pool, nil
}

// CAError is a file of certificates that is of no use.
type CAError struct{ err error }

func (e *CAError) Error() string { return e.err.Error() }

// Unwrap gives the cause.
func (e *CAError) Unwrap() error { return e.err }
