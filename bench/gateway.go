package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/s3"
)

// Who everybody is, to the server that this program starts and ends.
const (
	accessKey = "access"
	secretKey = "secretsecret"
	region    = "us-east-1"
)

// gateway is a versitygw whose objects are files in memory: one can look behind it.
type gateway struct {
	host      string // "127.0.0.1:12345"
	directory string
	process   *exec.Cmd
	ended     chan struct{}
}

func startGateway(ctx context.Context, binary, directory, log string) (*gateway, error) {
	if _, err := os.Stat(binary); err != nil {
		return nil, fmt.Errorf("%w: make .bin/versitygw", err)
	}
	if err := os.Mkdir(directory, 0o755); err != nil {
		return nil, err
	}
	host, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	out, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	g := &gateway{host: host, directory: directory, ended: make(chan struct{})}
	// Not ended by ctx: an interrupted contestant still has to take back what it began.
	g.process = exec.CommandContext(context.WithoutCancel(ctx), binary,
		"--port", host, "--region", region, "--quiet", "--keep-alive", "--health", "/-/health", "posix", directory)
	g.process.Env = []string{"PATH=" + os.Getenv("PATH"), "ROOT_ACCESS_KEY_ID=" + accessKey, "ROOT_SECRET_ACCESS_KEY=" + secretKey}
	g.process.Stdout, g.process.Stderr = out, out
	g.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := g.process.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = g.process.Wait()
		close(g.ended)
	}()
	if err := g.await(ctx, "http://"+host+"/-/health"); err != nil {
		g.stop()
		return nil, fmt.Errorf("versitygw does not start: %w\n%s", err, tail(log))
	}
	client := &s3.Client{Endpoint: "http://" + host, Region: region, AccessKey: accessKey, SecretKey: secretKey}
	if err := client.CreateBucket(ctx, bucket); err != nil {
		g.stop()
		return nil, err
	}
	return g, nil
}

func (g *gateway) await(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
			err = errors.New(response.Status)
		}
		select {
		case <-g.ended:
			return errors.New("it ended by itself")
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (g *gateway) stop() {
	_ = g.process.Process.Kill()
	<-g.ended
}

// clear removes what lies below a prefix, behind the server's back; "": everything.
func (g *gateway) clear(prefix string) error {
	if prefix != "" {
		return os.RemoveAll(filepath.Join(g.directory, bucket, prefix))
	}
	entries, err := os.ReadDir(filepath.Join(g.directory, bucket))
	for _, entry := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(g.directory, bucket, entry.Name())))
	}
	return err
}

// holds fails unless that many objects of that many bytes in all lie below the prefix: who did only half of it is not measured.
func (g *gateway) holds(prefix string, count int, size int64) error {
	files, bytes := 0, int64(0)
	err := filepath.WalkDir(filepath.Join(g.directory, bucket, prefix), func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		files++
		bytes += info.Size()
		return nil
	})
	if err != nil && (count != 0 || !errors.Is(err, fs.ErrNotExist)) {
		return err
	}
	if files != count || bytes != size {
		return fmt.Errorf("the store has %d objects of %d bytes in %s, and not %d of %d", files, bytes, prefix, count, size)
	}
	return nil
}

func freePort(ctx context.Context) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	host := listener.Addr().String()
	return host, listener.Close()
}
