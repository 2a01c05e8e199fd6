package httpsource

import (
	"errors"
	"io"
	"log"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/sourcetest/faultserver"
)

// The proxy of the environment does not exist. Loopback is never requested through one.
func TestMain(m *testing.M) {
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "https_proxy", "NO_PROXY", "no_proxy", "REQUEST_METHOD"} {
		os.Unsetenv(name)
	}
	os.Setenv("HTTPS_PROXY", "http://user:"+secret+"@127.0.0.1:1")
	goleak.VerifyTestMain(m)
}

// secret is in every credential and in every query of these tests, and in no message.
const secret = "hush"

// patienceWithStalls is how long a server may send nothing where that is what is tested.
const patienceWithStalls = 2 * time.Second

const path = "/dir/job.jar"

// servers are those of a test, and a client that knows their authorities.
type servers struct {
	*faultserver.Server
	client *Client
	data   []byte
}

// start lays a file on the servers, with validators.
func start(t *testing.T, size int, change func(*Settings, *servers)) *servers {
	t.Helper()
	t.Parallel()
	s := &servers{Server: faultserver.Start(t), data: someBytes(size)}
	s.Put(path, s.file())
	settings := Settings{CABundles: []string{"", s.CAFile, s.OtherCAFile}, Hosts: map[string]Host{}}
	if change != nil {
		change(&settings, s)
	}
	s.client = newClient(t, settings)
	return s
}

func newClient(t *testing.T, settings Settings) *Client {
	client := New(settings)
	client.pause, client.stall = time.Millisecond, 20*time.Second
	t.Cleanup(func() {
		for _, transport := range client.transports {
			transport.CloseIdleConnections()
		}
	})
	return client
}

var aDate = time.Date(2024, 2, 3, 4, 5, 6, 0, time.UTC)

func (s *servers) file() faultserver.File {
	return faultserver.File{Data: s.data, ETag: `"v1"`, LastModified: aDate, ContentType: "Application/Java-Archive; x=y"}
}

// serve puts a changed file on the servers.
func (s *servers) serve(change func(*faultserver.File)) faultserver.File {
	file := s.file()
	if change != nil {
		change(&file)
	}
	s.Put(path, file)
	return file
}

func noRanges(f *faultserver.File) { f.NoRanges = true }

func chunked(f *faultserver.File) { f.Chunked = true }

func retries(count int) func(*Settings, *servers) {
	return func(settings *Settings, _ *servers) { settings.MaxRetries = &count }
}

// change puts the file there with other bytes, of the same length, and other validators.
func (s *servers) change(from int) {
	file := s.file()
	file.Data = append([]byte(nil), s.data...)
	for i := from; i < len(file.Data); i++ {
		file.Data[i] ^= 0xff
	}
	file.ETag, file.LastModified = `"v2"`, aDate.Add(time.Hour)
	s.Put(path, file)
}

func someBytes(size int) []byte {
	data := make([]byte, size)
	rand.NewChaCha8([32]byte{}).Read(data)
	return data
}

// at is the file on one of the servers. The query is in no message.
func (s *servers) at(t *testing.T, server string) *Source {
	t.Helper()
	return s.address(t, server+path+"?ref="+secret, strings.HasPrefix(server, "http://"))
}

func (s *servers) address(t *testing.T, address string, pinned bool) *Source {
	t.Helper()
	from, err := s.client.At(address, pinned)
	if err != nil {
		t.Fatal(err)
	}
	return from
}

// read reads all, and its description.
func read(t *testing.T, from *Source) ([]byte, source.Description, error) {
	t.Helper()
	content, err := from.Open(t.Context())
	if err != nil {
		return nil, source.Description{}, err
	}
	defer content.Close()
	data, err := io.ReadAll(content)
	return data, content.(source.Described).Describe(), err
}

// expect reads all, and wants the bytes.
func expect(t *testing.T, from *Source, want []byte) source.Description {
	t.Helper()
	data, told, err := read(t, from)
	if err != nil {
		t.Fatalf("after %d bytes: %v", len(data), err)
	}
	if string(data) != string(want) {
		t.Fatalf("other bytes: %d of %d", len(data), len(want))
	}
	return told
}

// expectFailure wants an error of this package that says no secret, and some words in its message or advice.
func expectFailure(t *testing.T, err, is error, words ...string) *source.Error {
	t.Helper()
	var failure *source.Error
	if !errors.As(err, &failure) {
		t.Fatalf("%v is no *source.Error", err)
	}
	if !errors.Is(err, is) {
		t.Errorf("%v is no %q", err, is)
	}
	text := err.Error() + "\n" + failure.Advice
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("nothing of %q in:\n%s", word, text)
		}
	}
	if strings.Contains(text, secret) || strings.Contains(text, "?") {
		t.Errorf("a secret is told:\n%s", text)
	}
	if !errors.Is(err, blob.ErrSettings) && failure.Advice == "" && !errors.Is(err, source.ErrServer) {
		t.Errorf("without advice: %v", err)
	}
	return failure
}

// requested are the requests, in short: "GET", "GET bytes=10-", "GET bytes=10- if v1".
func (s *servers) requested() []string {
	var requested []string
	for _, request := range s.Requests() {
		text := request.Method
		if span := request.Header.Get("Range"); span != "" {
			text += " " + span
		}
		if condition := request.Header.Get("If-Range"); condition != "" {
			text += " if " + condition
		}
		requested = append(requested, text)
	}
	return requested
}

func (s *servers) expectRequests(t *testing.T, want ...string) {
	t.Helper()
	if got := s.requested(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("requested %q, want %q", got, want)
	}
}

func anyRequest() faultserver.Match { return faultserver.Match{Path: path} }

func get() faultserver.Match { return faultserver.Match{Method: "GET", Path: path} }

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// silent is for servers that are spoken to as they should not be.
func silent() *log.Logger { return log.New(io.Discard, "", 0) }
