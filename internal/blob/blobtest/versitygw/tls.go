package versitygw

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// tlsFiles are a private CA and a certificate of it for loopback, made for one test.
type tlsFiles struct {
	ca, certificate, key string // paths, PEM
	roots                *x509.CertPool
}

func newTLSFiles(t testing.TB, directory string) *tlsFiles {
	t.Helper()
	fatal := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	fatal(err)
	ca := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "private CA of a test"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	fatal(err)

	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	fatal(err)
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2),
		Subject:      pkix.Name{CommonName: "versitygw"},
		NotBefore:    ca.NotBefore,
		NotAfter:     ca.NotAfter,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, ca, key.Public(), caKey)
	fatal(err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	fatal(err)

	write := func(name, block string, der []byte) string {
		path := filepath.Join(directory, name)
		fatal(os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: block, Bytes: der}), 0o600))
		return path
	}
	files := &tlsFiles{
		ca:          write("ca.pem", "CERTIFICATE", caDER),
		certificate: write("server.pem", "CERTIFICATE", leafDER),
		key:         write("server.key", "PRIVATE KEY", keyDER),
		roots:       x509.NewCertPool(),
	}
	caCertificate, err := x509.ParseCertificate(caDER)
	fatal(err)
	files.roots.AddCert(caCertificate)
	return files
}

// transport reaches the server; without TLS the receiver is nil.
func (f *tlsFiles) transport() *http.Transport {
	transport := &http.Transport{}
	if f != nil {
		transport.TLSClientConfig = &tls.Config{RootCAs: f.roots}
	}
	return transport
}
