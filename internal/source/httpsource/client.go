// Package httpsource is sources of bytes behind URLs of http and https.
//
// A server is believed as little as can be: what it says about the bytes is compared each time that it says it, what was delivered already is
// proven before a reading goes on, and no credential goes anywhere but to the host that it was given for.
package httpsource

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// DefaultRetries is how often in a row a request is sent again unless the user says otherwise.
const DefaultRetries = 4

const (
	firstPause = 200 * time.Millisecond
	// longestPause bounds what doubling makes of it, and longestAsked what a server may ask for.
	longestPause = 10 * time.Second
	longestAsked = 2 * time.Minute
)

// Settings say how all sources are fetched. The zero value is of use.
type Settings struct {
	CABundles  []string        // paths of PEM files, trusted beside the system's authorities; "" is ignored
	Hosts      map[string]Host // by host (its ports 443 and 80) or host:port, in lower case
	MaxRetries *int            // failures in a row without a new byte, after the first; nil: DefaultRetries
	UserAgent  string
}

// Host is what one host is given, and no other.
type Host struct {
	Username, Password    string // basic authentication
	Token                 string // bearer token; it comes before Username
	Headers               map[string]string
	CACert                string // PEM; trusted for this host alone, beside the others
	ClientCert, ClientKey string // PEM
}

// Client fetches. It is safe for concurrent use.
type Client struct {
	settings Settings
	retries  int

	// These are others in tests only.
	pause time.Duration
	stall time.Duration // how long a server may send nothing: before its answer, and in the middle of it
	proxy func(*http.Request) (*url.URL, error)
	dial  wire.Dial

	mu         sync.Mutex
	transports map[string]*http.Transport // by the key of Settings.Hosts; "": for all hosts without certificates of their own
}

// New opens nothing: files and certificates of the settings are read when they are needed first.
func New(settings Settings) *Client {
	client := &Client{
		settings:   settings,
		retries:    DefaultRetries,
		pause:      firstPause,
		stall:      wire.ReadTimeout,
		proxy:      http.ProxyFromEnvironment,
		transports: map[string]*http.Transport{},
	}
	if settings.MaxRetries != nil {
		client.retries = *settings.MaxRetries
	}
	return client
}

// transport is the pool of connections to a host.
func (c *Client) transport(key string) (*http.Transport, error) {
	host := c.settings.Hosts[key]
	if host.CACert == "" && host.ClientCert == "" && host.ClientKey == "" {
		key = ""
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if transport, ok := c.transports[key]; ok {
		return transport, nil
	}
	config, err := c.tlsConfig(key, host)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{
		Proxy:                  c.chooseProxy,
		OnProxyConnectResponse: checkConnect,
		TLSClientConfig:        config,
		// The bytes are hashed as the server has them.
		DisableCompression: true,
	}
	wire.Bound(transport, c.dial, wire.DefaultLimits())
	transport.ResponseHeaderTimeout = c.stall
	c.transports[key] = transport
	return transport, nil
}

// tlsConfig is for a host with certificates of its own, or with key "" for all others.
func (c *Client) tlsConfig(key string, host Host) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	var err error
	if config.RootCAs, err = c.authorities(key, host.CACert); err != nil {
		return nil, err
	}
	if key != "" && (host.ClientCert != "" || host.ClientKey != "") {
		certificate, err := tls.X509KeyPair([]byte(host.ClientCert), []byte(host.ClientKey))
		if err != nil {
			return nil, &settingsError{fmt.Sprintf("client_cert_pem and client_key_pem of http.credentials[%q] are no pair of a certificate and its key in PEM: %v", key, err)}
		}
		config.Certificates = []tls.Certificate{certificate}
	}
	return config, nil
}

// authorities are those of the system, those of the files, and those of one host; nil, which stands for those of the system, where there are
// no others.
func (c *Client) authorities(key, hostPEM string) (*x509.CertPool, error) {
	var pool *x509.CertPool
	add := func(pem []byte, what string) error {
		if pool == nil {
			var err error
			if pool, err = x509.SystemCertPool(); err != nil {
				pool = x509.NewCertPool()
			}
		}
		if !pool.AppendCertsFromPEM(pem) {
			return &settingsError{what + " holds no certificate in PEM"}
		}
		return nil
	}
	for _, path := range c.settings.CABundles {
		if path == "" {
			continue
		}
		pem, err := os.ReadFile(path)
		if err != nil {
			return nil, &settingsError{fmt.Sprintf("a file of certificates (custom_ca_bundle or http.ca_bundle) cannot be read: %v", err)}
		}
		if err := add(pem, path); err != nil {
			return nil, err
		}
	}
	if key != "" && hostPEM != "" {
		if err := add([]byte(hostPEM), fmt.Sprintf("ca_cert_pem of http.credentials[%q]", key)); err != nil {
			return nil, err
		}
	}
	return pool, nil
}

// chooseProxy hides what is wrong with the proxy's address: it may hold a password.
func (c *Client) chooseProxy(r *http.Request) (*url.URL, error) {
	proxy, err := c.proxy(r)
	if err != nil {
		return nil, errProxyAddress
	}
	return proxy, nil
}

var errProxyAddress = errors.New("HTTPS_PROXY or HTTP_PROXY of the environment is no URL of a proxy")

// settingsError is a setting that is of no use.
type settingsError struct{ message string }

func (e *settingsError) Error() string { return e.message }

// keyOf finds the settings of the host that a request goes to; "" where there are none.
func (c *Client) keyOf(address *url.URL) string {
	host := strings.ToLower(address.Host)
	port := address.Port()
	if port == "" {
		host = strings.TrimSuffix(host, ":")
		port = map[string]string{"http": "80", "https": "443"}[address.Scheme]
	} else {
		host = strings.TrimSuffix(host, ":"+port)
	}
	if key := host + ":" + port; c.knows(key) {
		return key
	}
	if (port == "443" || port == "80") && c.knows(host) {
		return host
	}
	return ""
}

func (c *Client) knows(key string) bool {
	_, known := c.settings.Hosts[key]
	return known
}
