// Package ceph starts a real Ceph, Debian's, with its object gateway on loopback for a test: one monitor, and one disk in memory.
// It is test support: nothing else imports it.
package ceph

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"text/template"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/s3client"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/secrettest"
)

const (
	// startTimeout is generous: it takes ten seconds, and test packages share the machine.
	startTimeout = 2 * time.Minute

	// startAttempts is how often other ports are tried when the free ones that were found are taken by another process.
	startAttempts = 3

	// pause is how long a program is left alone that is not ready yet, and tells nobody when it is.
	pause = 100 * time.Millisecond
)

// Server is a running object gateway, and what is below it.
// It ends with the test that started it.
type Server struct {
	Endpoint  string // "http://127.0.0.1:12345"
	AccessKey string // made at random for this server
	SecretKey string

	directory string
}

// Start starts a server and waits until it answers.
// It fails the test when it cannot: no test is skipped.
func Start(t testing.TB) *Server {
	t.Helper()
	for _, program := range []string{"ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "ceph", "monmaptool", "ceph-authtool"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%v: run scripts/install-test-packages.sh --stores", err)
		}
	}
	var failures error
	for range startAttempts {
		server, err := start(t)
		if err == nil {
			return server
		}
		failures = errors.Join(failures, err)
	}
	t.Fatalf("Ceph does not start: %v", failures)
	return nil
}

// Peer is another client, whose buckets keep versions if versioning is true.
func (s *Server) Peer(versioning bool) s3client.Peer {
	// No connection outlives a call, as each test looks for what it left.
	return s3client.New(s.Endpoint, s.AccessKey, s.SecretKey, &http.Transport{DisableKeepAlives: true}, versioning)
}

func start(t testing.TB) (*Server, error) {
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	monitor, gateway := freePort(t), freePort(t)
	directory, err := os.MkdirTemp("", "ceph-") //nolint:usetesting // whose path is too long for a socket's, of 107 bytes
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { os.RemoveAll(directory) })
	s := &Server{
		Endpoint: "http://" + gateway, AccessKey: rand.Text(), SecretKey: secrettest.Secret("of an account of Ceph"), directory: directory,
	}
	var config bytes.Buffer
	fsid := newUUID()
	if err := settings.Execute(&config, map[string]string{"ID": fsid, "Directory": directory, "Monitor": monitor, "Gateway": gateway}); err != nil {
		return nil, err
	}
	for _, name := range []string{"mon", "osd", "run"} {
		if err := os.Mkdir(filepath.Join(directory, name), 0o700); err != nil {
			return nil, err
		}
	}
	if err := os.WriteFile(s.path("ceph.conf"), config.Bytes(), 0o600); err != nil {
		return nil, err
	}
	for _, step := range []func() error{
		func() error {
			return s.run(ctx, "ceph-authtool", "-C", s.path("keyring"), "--gen-key", "-n", "mon.", "--cap", "mon", "allow *")
		},
		func() error {
			return s.run(ctx, "monmaptool", "--create", "--addv", "a", "v1:"+monitor, "--fsid", fsid, s.path("monmap"))
		},
		func() error {
			return s.run(ctx, "ceph-mon", "--mkfs", "-i", "a", "--monmap", s.path("monmap"), "--keyring", s.path("keyring"))
		},
		func() error { return s.serve(t, fail, "ceph-mon", "-i", "a") },
		func() error {
			return until(ctx, func() error { return s.run(ctx, "ceph", "--connect-timeout", "10", "osd", "create") })
		},
		func() error { return s.run(ctx, "ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", fsid) },
		func() error { return s.serve(t, fail, "ceph-osd", "-i", "0") },
		func() error {
			return s.run(ctx, "radosgw-admin", "user", "create", "--uid=test", "--display-name=test", "--access-key="+s.AccessKey, "--secret="+s.SecretKey)
		},
		func() error { return s.serve(t, fail, "radosgw", "-n", "client.rgw.a") },
		func() error {
			return until(ctx, func() error {
				_, err := s.Peer(false).Client().ListBuckets(ctx, &s3.ListBucketsInput{})
				return err
			})
		},
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Server) path(name string) string { return filepath.Join(s.directory, name) }

// command is one of Ceph's programs, which gets nothing of the test's environment.
func (s *Server) command(ctx context.Context, program string, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, program, append([]string{"-c", s.path("ceph.conf")}, arguments...)...)
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.directory}
	return command
}

func (s *Server) run(ctx context.Context, program string, arguments ...string) error {
	if output, err := s.command(ctx, program, arguments...).CombinedOutput(); err != nil {
		return errors.Join(fmt.Errorf("%s: %w\n%s", program, err, output), context.Cause(ctx))
	}
	return nil
}

// serve runs a program until the test ends.
// If it ends by itself, what waits for it fails.
func (s *Server) serve(t testing.TB, fail context.CancelCauseFunc, program string, arguments ...string) error {
	command := s.command(context.WithoutCancel(t.Context()), program, append(arguments, "-f")...)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		fail(fmt.Errorf("%s ended by itself: %w", program, command.Wait()))
		close(ended)
	}()
	t.Cleanup(func() {
		command.Process.Kill() // nothing is worth keeping
		<-ended
		if t.Failed() {
			t.Logf("%s: %s", program, &output)
		}
	})
	return nil
}

// until repeats what fails until it succeeds, or the time is over.
func until(ctx context.Context, try func() error) error {
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return errors.Join(err, context.Cause(ctx))
		}
	}
}

func newUUID() string {
	var id [16]byte
	rand.Read(id[:])
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

func freePort(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

var settings = template.Must(template.New("").Parse(`[global]
fsid = {{.ID}}
mon host = v1:{{.Monitor}}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
mon allow pool size one = true
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 2147483648
osd max object name len = 2048
osd max object namespace len = 256
mon data = {{.Directory}}/mon
osd data = {{.Directory}}/osd
keyring = {{.Directory}}/keyring
log file = {{.Directory}}/run/$name.log
pid file = {{.Directory}}/run/$name.pid
admin socket = {{.Directory}}/run/$name.asok
run dir = {{.Directory}}/run
mon data avail warn = 2
mon data avail crit = 1
rgw frontends = beast endpoint={{.Gateway}}
rgw dynamic resharding = false
`))
