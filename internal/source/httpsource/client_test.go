package httpsource

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/sourcetest/faultserver"
)

// New touches nothing: a provider is configured for every plan, and most of them fetch nothing.
func TestNewOpensNothing(t *testing.T) {
	t.Parallel()
	client := New(Settings{CABundles: []string{"/nonexistent"}, Hosts: map[string]Host{"repo.example.com": {CACert: "none"}}})
	if _, err := client.At("https://repo.example.com/job.jar", false); err != nil || len(client.transports) != 0 {
		t.Error(err)
	}
	if client.retries != DefaultRetries || client.pause != firstPause || client.stall != time.Minute {
		t.Errorf("%+v", client)
	}
}

// One client serves all resources of a run at once, over shared connections where hosts have no certificates of their own.
func TestManyAtOnce(t *testing.T) {
	s := start(t, large, func(settings *Settings, s *servers) {
		settings.Hosts[hostOf(s.URL)] = Host{Token: secret}
		settings.Hosts[hostOf(s.OtherURL)] = Host{CACert: readFile(t, s.OtherCAFile)}
	})
	var readers sync.WaitGroup
	for i := range 9 {
		from := s.at(t, []string{s.URL, s.OtherURL, s.PlainURL}[i%3])
		readers.Go(func() {
			content, err := from.Open(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			defer content.Close()
			if n, err := io.Copy(io.Discard, content); n != large || err != nil {
				t.Errorf("%d, %v", n, err)
			}
		})
	}
	readers.Wait()
	if n := len(s.client.transports); n != 2 {
		t.Errorf("%d pools of connections", n)
	}
}

// Describe may be called while another goroutine reads.
func TestDescribedWhileItIsRead(t *testing.T) {
	s := start(t, large, nil)
	s.Inject(get(), 1, 1, faultserver.Truncate(third))
	content, err := s.at(t, s.URL).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	var reader sync.WaitGroup
	reader.Go(func() { io.Copy(io.Discard, content) })
	for range 100 {
		if told := content.(source.Described).Describe(); told.Size != large {
			t.Errorf("%+v", told)
		}
	}
	reader.Wait()
}

// A name that does not exist is not looked up again, one that nobody answers for is.
func TestNamesAreLookedUp(t *testing.T) {
	t.Parallel()
	for want, dns := range map[int]*net.DNSError{1: {IsNotFound: true}, 2: {IsTimeout: true}} {
		dials := 0
		err := reach(t, "https://repo.example.com/job.jar", func(c *Client) {
			c.dial = func(context.Context, string, string) (net.Conn, error) {
				dials++
				return nil, dns
			}
		})
		if err == nil || dials != want {
			t.Errorf("%d times, %v", dials, err)
		}
	}
}

// A refused connection may be a server that starts.
func TestRefusedConnections(t *testing.T) {
	s := start(t, 1000, nil)
	var dials atomic.Int32
	s.client.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials.Add(1) <= 2 {
			return nil, &net.OpError{Op: "dial", Net: network, Err: fmt.Errorf("connection refused")}
		}
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	from := s.at(t, s.URL)
	if _, err := from.Describe(t.Context()); err != nil {
		t.Error(err)
	}
	s.expectRequests(t, "HEAD")
}
