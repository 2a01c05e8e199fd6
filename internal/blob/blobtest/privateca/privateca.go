// Package privateca makes the certificates of servers that tests start: those of a company, which no machine trusts by itself.
package privateca

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
	"os"
	"path/filepath"
	"testing"
	"time"
)

// CA is an authority, and a certificate of it for servers on loopback.
type CA struct {
	File                     string // path of the authority's own certificate, in PEM
	CertificateFile, KeyFile string // those of the servers, in PEM
	Server                   *tls.Config
	Client                   *tls.Config // trusts the authority alone
}

// New makes an authority for one test.
func New(t testing.TB) *CA {
	t.Helper()
	return until(t, time.Now().Add(24*time.Hour))
}

// Expired makes an authority whose servers have a certificate that was good until an hour ago.
func Expired(t testing.TB) *CA {
	t.Helper()
	return until(t, time.Now().Add(-time.Hour))
}

// until makes an authority whose servers have a certificate that ends then.
func until(t testing.TB, end time.Time) *CA {
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
		NotBefore:             time.Now().Add(-48 * time.Hour),
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
		Subject:      pkix.Name{CommonName: "server of a test"},
		NotBefore:    ca.NotBefore,
		NotAfter:     end,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:     []string{"localhost", "*.localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, ca, key.Public(), caKey)
	fatal(err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	fatal(err)

	directory := t.TempDir()
	write := func(name, block string, der []byte) string {
		path := filepath.Join(directory, name)
		fatal(os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: block, Bytes: der}), 0o600))
		return path
	}
	authority, err := x509.ParseCertificate(caDER)
	fatal(err)
	roots := x509.NewCertPool()
	roots.AddCert(authority)
	return &CA{
		File:            write("ca.pem", "CERTIFICATE", caDER),
		CertificateFile: write("server.pem", "CERTIFICATE", leafDER),
		KeyFile:         write("server.key", "PRIVATE KEY", keyDER),
		Server:          &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{leafDER}, PrivateKey: key}}},
		Client:          &tls.Config{RootCAs: roots},
	}
}
