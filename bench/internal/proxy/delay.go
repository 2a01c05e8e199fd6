package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// window is how many chunks of chunkSize may be on their way in one direction of one connection: 64 MiB, more than any of
// the loads here has in 50 ms, so that a delay takes nothing from the bandwidth.
const (
	chunkSize = 64 << 10
	window    = 1024
)

// Delayer lets bytes arrive later, each direction by its own delay, and in their order.
type Delayer struct {
	Host string // "127.0.0.1:12345"

	listener net.Listener
	delay    time.Duration
	cancel   context.CancelFunc
	running  sync.WaitGroup
}

// Delay starts a proxy in front of the server at target, a host and a port. A new connection costs one round trip, as the
// handshake of one over a real distance does.
func Delay(ctx context.Context, target string, delay time.Duration) (*Delayer, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	d := &Delayer{Host: listener.Addr().String(), listener: listener, delay: delay, cancel: cancel}
	d.running.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			d.running.Go(func() { d.carry(ctx, client, target) })
		}
	})
	return d, nil
}

// Close ends the proxy and all that passes it.
func (d *Delayer) Close() error {
	d.cancel()
	err := d.listener.Close()
	d.running.Wait()
	return err
}

func (d *Delayer) carry(ctx context.Context, client net.Conn, target string) {
	server, err := new(net.Dialer).DialContext(ctx, "tcp", target)
	if err != nil {
		_ = client.Close()
		return
	}
	stop := context.AfterFunc(ctx, func() {
		_ = client.Close()
		_ = server.Close()
	})
	defer stop()
	var both sync.WaitGroup
	// The first bytes of a client come after a handshake, which here took no time.
	both.Go(func() { pipe(server, client, d.delay, 2*d.delay) })
	both.Go(func() { pipe(client, server, d.delay, 0) })
	both.Wait()
	_ = client.Close()
	_ = server.Close()
}

// chunk is a piece on its way. A nil one says that no more comes.
type chunk struct {
	data []byte
	due  time.Time
}

// pipe carries what it reads to where it belongs, each byte after the delay, and the first ones after a further one.
func pipe(to, from net.Conn, delay, first time.Duration) {
	chunks := make(chan chunk, window)
	go func() {
		defer close(chunks)
		opened := time.Now().Add(first)
		for {
			buffer := make([]byte, chunkSize)
			n, err := from.Read(buffer)
			due := time.Now().Add(delay)
			if least := opened.Add(delay); due.Before(least) {
				due = least
			}
			if n > 0 {
				chunks <- chunk{buffer[:n], due}
			}
			if err != nil {
				if errors.Is(err, io.EOF) {
					chunks <- chunk{nil, due}
				}
				return
			}
		}
	}()
	for c := range chunks {
		time.Sleep(time.Until(c.due))
		if c.data == nil {
			if half, ok := to.(interface{ CloseWrite() error }); ok {
				_ = half.CloseWrite()
			}
			continue
		}
		if _, err := to.Write(c.data); err != nil {
			_ = from.Close() // which ends the reading
			for range chunks {
				continue
			}
			return
		}
	}
}
