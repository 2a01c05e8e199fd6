package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/result"
)

var sourceURL = measurement{
	name:  "source-url",
	title: "a file from an https server to the store",
	about: "`terraform apply` of one artifact with `source_url` and its hash, and `curl URL | aws s3 cp - s3://...`, between the same nginx with TLS and the same store.",
	run: func(ctx context.Context, l *lab, m *result.Measurement) error {
		aws, ok := l.tool("aws")
		if !ok {
			m.Notes = append(m.Notes, "There was no aws to pipe into.")
		}
		size := pick[int64](l, 1<<30, 64<<20)
		file, err := l.file(ctx, size)
		if err != nil {
			return err
		}
		host, stop, err := l.nginx(ctx, filepath.Dir(file))
		if err != nil {
			m.Notes = append(m.Notes, fmt.Sprintf("Not measured: nginx: %v.", err))
			return nil
		}
		defer stop()
		hash, err := l.output(ctx, "sha256sum", file)
		if err != nil {
			return err
		}
		url := "https://" + host + "/" + filepath.Base(file)
		ours, err := l.root(pluginFlink, single(file, size), "")
		if err != nil {
			return err
		}
		text := strings.Replace(header(ours), "provider \"flink\" {\n", fmt.Sprintf("provider \"flink\" {\n  http = { ca_bundle = %q }\n", l.path("nginx", "cert.pem")), 1)
		text += fmt.Sprintf("resource \"flink_artifact\" \"bench\" {\n  namespace      = \"default\"\n  source_url     = %q\n  content_sha256 = %q\n}\n", url, hash[:64])
		if err := os.WriteFile(filepath.Join(ours.directory(), "main.tf"), []byte(text), 0o644); err != nil {
			return err
		}
		all := []contestant{applying(nameFlink, ours, l.store.host, false)}
		if ok {
			all = append(all, l.pipe(aws, url, size))
		}
		c := &result.Case{Key: "apply", Title: "From https to the store, one file of " + sizeName(size), Bytes: size}
		return l.turns(ctx, m, c, l.times(5, 2), true, all)
	},
}

// pipe is what one writes without a provider.
func (l *lab) pipe(aws tool, url string, size int64) contestant {
	const prefix = "pipe"
	script := fmt.Sprintf("set -o pipefail; curl -sS --fail --cacert %q %q | %q --endpoint-url http://%s s3 cp --only-show-errors --expected-size %d - s3://%s/%s/file",
		l.path("nginx", "cert.pem"), url, aws.path, l.store.host, size, bucket, prefix)
	return contestant{
		name: "curl | aws",
		run: func(ctx context.Context) (result.Sample, error) {
			return l.meter(ctx, command{name: "pipe", directory: l.directory, environment: l.environment(l.path("cache")), args: []string{"bash", "-c", script}})
		},
		check: func() error { return l.store.holds(prefix, 1, size) },
		after: func() error { return l.store.clear(prefix) },
	}
}

const nginxConfig = `daemon off;
worker_processes 1;
pid %[1]s/pid;
error_log %[1]s/error.log;
events {}
http {
  access_log off;
  client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
  server { listen %[2]s ssl; ssl_certificate %[1]s/cert.pem; ssl_certificate_key %[1]s/key.pem; root %[3]s; }
}
`

// nginx serves a directory over TLS, until stop.
func (l *lab) nginx(ctx context.Context, directory string) (host string, stop func(), err error) {
	program, err := exec.LookPath("nginx")
	if err != nil {
		program = "/usr/sbin/nginx" // where a user's PATH may not lead
		if _, err := os.Stat(program); err != nil {
			return "", nil, err
		}
	}
	home := l.path("nginx")
	if err := os.MkdirAll(home, 0o755); err != nil {
		return "", nil, err
	}
	if err := writeCertificate(home); err != nil {
		return "", nil, err
	}
	if host, err = freePort(ctx); err != nil {
		return "", nil, err
	}
	config := filepath.Join(home, "nginx.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, nginxConfig, home, host, directory), 0o644); err != nil {
		return "", nil, err
	}
	process := exec.CommandContext(context.WithoutCancel(ctx), program, "-c", config, "-p", home, "-e", filepath.Join(home, "error.log"))
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := process.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = process.Process.Signal(syscall.SIGTERM) // which ends its workers
		_ = process.Wait()
	}
	for deadline := time.Now().Add(10 * time.Second); ; {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", host)
		if err == nil {
			return host, stop, conn.Close()
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			stop()
			return "", nil, fmt.Errorf("%w\n%s", err, tail(filepath.Join(home, "error.log")))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// writeCertificate makes a certificate for loopback, of its own authority.
func writeCertificate(directory string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: certificate}, "key.pem": {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(filepath.Join(directory, name), pem.EncodeToMemory(block), 0o600); err != nil {
			return err
		}
	}
	_, err = tls.LoadX509KeyPair(filepath.Join(directory, "cert.pem"), filepath.Join(directory, "key.pem"))
	return err
}
