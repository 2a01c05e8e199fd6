// Command oss-fake starts a fake of Alibaba Cloud OSS on loopback, to try things by hand:
//
//	go run ./cmd/oss-fake
//
// It holds everything in memory, and forgets it at its end.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// maxBytes is what all objects may weigh together.
const maxBytes = 1 << 30

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "oss-fake:", err)
		os.Exit(1)
	}
}

type names []string

func (n *names) String() string { return strings.Join(*n, " ") }

func (n *names) Set(name string) error {
	*n = append(*n, name)
	return nil
}

func run(ctx context.Context, arguments []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("oss-fake", flag.ContinueOnError)
	flags.SetOutput(stderr)
	address := flags.String("listen", "127.0.0.1:9090", "address of loopback to listen at")
	accelerated := flags.String("accelerate", "127.0.0.1:9091", "address of loopback that plays the endpoint of transfer acceleration")
	region := flags.String("region", ossfake.DefaultRegion, "region of the buckets")
	accessKey := flags.String("access-key", "oss-fake", "AccessKey ID to accept")
	secretKey := flags.String("secret-key", "oss-fake-secret", "AccessKey secret to accept")
	var buckets names
	flags.Var(&buckets, "bucket", "a bucket to make; may be given more than once (default acme-flink)")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unknown argument %s", flags.Arg(0))
	}
	if len(buckets) == 0 {
		buckets = names{"acme-flink"}
	}
	for _, bucket := range buckets {
		if !ossfake.ValidBucketName(bucket) {
			return fmt.Errorf("-bucket %s: a bucket's name is 3 to 63 lower-case letters, digits and hyphens, without a hyphen at either end", bucket)
		}
	}
	listener, err := listen(ctx, "-listen", *address)
	if err != nil {
		return err
	}
	defer listener.Close()
	fast, err := listen(ctx, "-accelerate", *accelerated)
	if err != nil {
		return err
	}
	defer fast.Close()
	fake := ossfake.New(ossfake.Options{
		Region: *region, AccessKey: *accessKey, SecretKey: *secretKey, MaxBytes: maxBytes, Unrecorded: true,
		Done: func(r ossfake.Request) { logRequest(stderr, r) },
	})
	for _, bucket := range buckets {
		fake.CreateBucketNamed(bucket, ossfake.BucketOptions{})
	}
	introduce(stdout, "http://"+listener.Addr().String(), "http://"+fast.Addr().String(), fake, buckets)
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error { return serve(ctx, listener, fake) })
	both.Go(func() error { return serve(ctx, fast, fake.Accelerated()) })
	return both.Wait()
}

// listen refuses all but loopback: the keys are known to everybody.
func listen(ctx context.Context, option, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", option, address, err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("%s %s: only an IP address of loopback will do, such as 127.0.0.1:9090", option, address)
	}
	return new(net.ListenConfig).Listen(ctx, "tcp", address)
}

// introduce prints what a user needs, to be pasted into a shell; what is not a command is a comment.
func introduce(w io.Writer, endpoint, accelerated string, fake *ossfake.Server, buckets names) {
	fmt.Fprintf(w, `# A FAKE of Alibaba Cloud OSS, for trying things. All is in memory, and forgotten at its end: stop it with Ctrl-C.
# Buckets: %s

export OSS_ENDPOINT=%s
export OSS_REGION=%s
export OSS_ACCESS_KEY_ID=%s
export OSS_ACCESS_KEY_SECRET=%s

# The provider, which reads those variables:
#   provider "flink" {
#     base_uri = "oss://%s/vvp"
#     oss      = { accelerate_endpoint = %q } # only for transfer acceleration
#   }
`, buckets.String(), quote(endpoint), quote(fake.Region), quote(fake.AccessKey), quote(fake.SecretKey), buckets[0], accelerated)
}

// quote makes one word of a shell, and leaves alone what is one already.
func quote(value string) string {
	if plain.MatchString(value) {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}

var plain = regexp.MustCompile(`^[A-Za-z0-9_./:@%+=,-]+$`)

// logRequest writes one line. A key of an object is in it, a key of an account never.
func logRequest(w io.Writer, r ossfake.Request) {
	operation := r.Operation
	if operation == "" {
		operation = r.Method
	}
	line := fmt.Sprintf("%s %s oss://%s/%s %d", time.Now().Format(time.TimeOnly), operation, r.Bucket, r.Key, r.Status)
	if r.Code != "" {
		line += " " + r.Code
	}
	// A key may have any character in it. A line has one end, and must not steer a terminal.
	quoted := strconv.Quote(line)
	fmt.Fprintln(w, quoted[1:len(quoted)-1])
}

func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	// What is under way may end, but not for long.
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if server.Shutdown(grace) != nil {
		server.Close()
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
