package provider_test

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
)

// chromiumVariable names the variable with a browser that is not on PATH.
const chromiumVariable = "FLINK_TEST_CHROMIUM"

// Times are generous, as test packages share the machine.
const (
	browserTimeout = 5 * time.Minute // for all that a test does with its browser
	actionTimeout  = time.Minute
)

// findChromium looks where scripts/install-test-packages.sh looks.
func findChromium(t *testing.T) string {
	t.Helper()
	names := []string{"chromium", "chromium-browser", "google-chrome"}
	if name := os.Getenv(chromiumVariable); name != "" {
		names = []string{name}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatalf("no browser: none of %q is a program. `make tools` installs Chromium; %s names one that is not on PATH.", names, chromiumVariable)
	return ""
}

// console is all there is of a web console: a document whose script sends a request and reports what the script got of the answer.
const console = `<!doctype html>
<title>Artifacts</title>
<script>
async function send(method, url, headers, body) {
  try {
    const answer = await fetch(url, {
      method, headers,
      body: body === null ? undefined : Uint8Array.from(atob(body), c => c.charCodeAt(0)),
    });
    const bytes = new Uint8Array(await answer.arrayBuffer());
    return {status: answer.status, body: btoa(String.fromCharCode(...bytes)), failure: ""};
  } catch (failure) {
    return {status: 0, body: "", failure: String(failure)};
  }
}
</script>
`

// startBrowser starts a browser to which the hosts are one local web server, and which reaches that server and the store and nothing
// else. It ends with the test.
//
// The pages have their origins as in life: by the address that they are loaded from, over TLS. As they come from loopback, like the
// store, the browser's Local Network Access (a public page may not reach a local address unasked) is on and has nothing to say.
func startBrowser(t *testing.T, store *versitygw.Server, hosts ...string) context.Context {
	t.Helper()
	path := findChromium(t)
	web := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, console)
	}))
	t.Cleanup(web.Close)
	var rules []string
	for _, host := range hosts {
		rules = append(rules, "MAP "+host+" "+web.Listener.Addr().String())
	}
	// The last one keeps the browser's own errands on the machine: updates and accounts, which the flags below do not all stop.
	rules = append(rules, "EXCLUDE 127.0.0.1", "MAP * ~NOTFOUND")

	// In the directory that TestMain removes, not in the test's own: the browser's crash handler outlives it by a moment.
	home := filepath.Join(os.Getenv(testDirectory), "home")
	if err := os.MkdirAll(home, 0o700); err != nil {
		t.Fatal(err)
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path),
		chromedp.Headless,
		chromedp.WSURLReadTimeout(2 * time.Minute), // its first start on a new machine reads all of it from the disk
		chromedp.NoFirstRun,
		chromedp.NoDefaultBrowserCheck,
		chromedp.NoSandbox, // root and most containers have none, and the only pages are ours
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-dev-shm-usage", true), // small in containers
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-breakpad", true),
		chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("host-resolver-rules", strings.Join(rules, ",")),
		chromedp.Flag("ignore-certificate-errors-spki-list", keyHash(web.Certificate())+","+keyHash(certificateOf(t, store))),
		// Nothing of the developer's settings. The profile is chromedp's: new, and removed when the last process is gone.
		chromedp.NoInheritEnv,
		chromedp.Env("PATH="+os.Getenv("PATH"), "HOME="+home, "TMPDIR="+home),
	}
	// Not the test's own context, which is over before clean-ups run.
	bounded, release := context.WithTimeout(context.Background(), browserTimeout)
	allocator, stop := chromedp.NewExecAllocator(bounded, options...)
	browser, closeTab := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		closeTab()
		stop() // and waits until the processes are gone
		release()
	})
	if err := chromedp.Do(browser); err != nil {
		t.Fatalf("%s does not start: %v", path, err)
	}
	return browser
}

// keyHash names a certificate for the browser to trust.
func keyHash(certificate *x509.Certificate) string {
	sum := sha256.Sum256(certificate.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}

func certificateOf(t *testing.T, server *versitygw.Server) *x509.Certificate {
	t.Helper()
	ca := readFile(t, server.CAFile)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	dialer := tls.Dialer{Config: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	connection, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(server.Endpoint, "https://"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	return connection.(*tls.Conn).ConnectionState().PeerCertificates[0]
}

// tab is a page of one origin, which sends one request after the other.
type tab struct {
	ctx    context.Context
	origin string

	mu         sync.Mutex
	current    *exchange
	requests   map[network.RequestID]*exchange
	preflights map[network.RequestID]*exchange
}

// exchange is a request and its answer: what the script got, and what the browser knows and hides from scripts.
type exchange struct {
	Status  int    `json:"status"`
	Body    []byte `json:"body"`
	Failure string `json:"failure"`

	preflight int64             // status of the answer to the preflight; 0: there was none
	over      bool              // by the browser's account
	failure   string            // the browser's reason, whatever it is
	refusal   network.CorsError // the same, if the server's CORS rules are the reason
}

func (e *exchange) String() string {
	return fmt.Sprintf("status %d and %d bytes, script's error %q; preflight answered by %d; browser's error %q, CORS error %q",
		e.Status, len(e.Body), e.Failure, e.preflight, e.failure, e.refusal)
}

func openTab(t *testing.T, browser context.Context, origin string) *tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(browser)
	t.Cleanup(closeTab)
	tab := &tab{ctx: ctx, origin: origin, requests: map[network.RequestID]*exchange{}, preflights: map[network.RequestID]*exchange{}}
	if err := chromedp.Listen(ctx, tab.watch); err != nil {
		t.Fatal(err)
	}
	limited, cancel := context.WithTimeout(ctx, actionTimeout)
	defer cancel()
	if err := chromedp.Do(limited, chromedp.Navigate(origin+"/")); err != nil {
		t.Fatalf("%s: %v", origin, err)
	}
	if got, err := chromedp.Run(limited, chromedp.Evaluate[string](`location.origin + " " + isSecureContext + " " + typeof send`)); err != nil || got != origin+" true function" {
		t.Fatalf("the page of %s is %q, %v", origin, got, err)
	}
	return tab
}

func (p *tab) watch(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch event := event.(type) {
	case *network.EventRequestWillBeSent:
		// A preflight may be reported before the request that it is for.
		switch {
		case event.Initiator.Type == network.InitiatorTypePreflight:
			p.preflights[event.RequestID] = p.current
		case event.Type == network.ResourceTypeFetch:
			p.requests[event.RequestID] = p.current
		}
	case *network.EventResponseReceived:
		if e := p.preflights[event.RequestID]; e != nil {
			e.preflight = event.Response.Status
		}
	case *network.EventLoadingFinished:
		if e := p.requests[event.RequestID]; e != nil {
			e.over = true
		}
	case *network.EventLoadingFailed:
		if e := p.requests[event.RequestID]; e != nil {
			e.over, e.failure = true, event.ErrorText
			if event.CorsErrorStatus != nil {
				e.refusal = event.CorsErrorStatus.CorsError
			}
		}
	}
}

// send lets the page's script send a request; a body of nil is none.
func (p *tab) send(t *testing.T, method, url string, header http.Header, body []byte) *exchange {
	t.Helper()
	fields := map[string]string{}
	for name := range header {
		if name != "Host" { // which no script may set
			fields[name] = header.Get(name)
		}
	}
	var call []string
	for _, argument := range []any{method, url, fields, body} {
		text, err := json.Marshal(argument)
		if err != nil {
			t.Fatal(err)
		}
		call = append(call, string(text))
	}
	watched := &exchange{}
	p.mu.Lock()
	p.current = watched
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(p.ctx, actionTimeout)
	defer cancel()
	result, err := chromedp.Run(ctx, chromedp.Evaluate[exchange]("send("+strings.Join(call, ", ")+")", chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s from %s: %v", method, p.origin, err)
	}
	// The events come from several processes of the browser, and not all before the script's own result.
	complete := func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		result.preflight, result.over, result.failure, result.refusal = watched.preflight, watched.over, watched.failure, watched.refusal
		return watched.over && (method == http.MethodGet || watched.preflight != 0)
	}
	for deadline := time.Now().Add(10 * time.Second); !complete() && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond)
	}
	t.Logf("%s from %s: %s", method, p.origin, &result)
	return &result
}
