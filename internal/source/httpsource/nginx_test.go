package httpsource

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/sourcetest/nginx"
)

// behindNginx is a file on a server that others have written.
func behindNginx(t *testing.T, options nginx.Options, host Host) (server *nginx.Server, client *Client, data []byte) {
	t.Helper()
	t.Parallel()
	server = nginx.Start(t, options)
	data = someBytes(large)
	put(t, server, data, aDate)
	return server, newClient(t, Settings{CABundles: []string{server.CAFile}, Hosts: map[string]Host{hostOf(server.URL): host}}), data
}

func put(t *testing.T, server *nginx.Server, data []byte, changed time.Time) {
	t.Helper()
	name := filepath.Join(server.Directory, "job.jar")
	err := errors.Join(os.WriteFile(name+"~", data, 0o600), os.Chtimes(name+"~", changed, changed), os.Rename(name+"~", name))
	if err != nil {
		t.Fatal(err)
	}
}

func at(t *testing.T, client *Client, address string) *Source {
	t.Helper()
	from, err := client.At(address+"/job.jar?ref="+secret, true)
	if err != nil {
		t.Fatal(err)
	}
	return from
}

func TestNginx(t *testing.T) {
	server, client, data := behindNginx(t, nginx.Options{}, Host{})
	from := at(t, client, server.URL)
	read := expect(t, from, data)
	requested, err := from.Describe(t.Context())
	if err != nil || source.Compare(read, requested) != source.Same || requested.Size != large || requested.ETag == "" || requested.LastModified == "" || requested.ContentType != "application/java-archive" {
		t.Errorf("%+v, %v", requested, err)
	}
	expect(t, at(t, client, server.PlainURL), data)

	r, err := from.Ranges(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 1000)
	if n, err := r.ReadAt(p, 500); n != 1000 || err != nil || string(p) != string(data[500:1500]) {
		t.Errorf("%d, %v", n, err)
	}
	if n, err := r.ReadAt(p, large-10); n != 10 || !errors.Is(err, io.EOF) || string(p[:10]) != string(data[large-10:]) {
		t.Errorf("%d, %v", n, err)
	}
	put(t, server, someBytes(large), aDate.Add(time.Second))
	_, err = r.ReadAt(p, 500)
	expectFailure(t, err, blob.ErrSourceChanged)

	missing, err := client.At(server.URL+"/missing.jar", false)
	if err != nil {
		t.Fatal(err)
	}
	_, err = missing.Describe(t.Context())
	expectFailure(t, err, fs.ErrNotExist)
	_, err = missing.Open(t.Context())
	expectFailure(t, err, fs.ErrNotExist, `titled "404 Not Found"`)
}

func TestNginxWithFilesOfAllSizes(t *testing.T) {
	server, client, _ := behindNginx(t, nginx.Options{}, Host{})
	for _, size := range []int{0, 1, tailSize - 1, tailSize, tailSize + 1} {
		data := someBytes(size)
		put(t, server, data, aDate)
		from := at(t, client, server.URL)
		expect(t, from, data)
		r, err := from.Ranges(t.Context())
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		got, err := io.ReadAll(io.NewSectionReader(r, 0, r.Size()))
		if err != nil || string(got) != string(data) {
			t.Errorf("%d bytes: %d, %v", size, len(got), err)
		}
	}
}

func TestNginxWithAPassword(t *testing.T) {
	server, client, data := behindNginx(t, nginx.Options{Username: "user", Password: "pass:word"}, Host{Username: "user", Password: "pass:word"})
	expect(t, at(t, client, server.URL), data)
	_, err := at(t, client, server.PlainURL).Describe(t.Context()) // another port, without an entry
	expectFailure(t, err, fs.ErrPermission, "set http.credentials")
	wrong := newClient(t, Settings{CABundles: []string{server.CAFile}, Hosts: map[string]Host{hostOf(server.URL): {Username: "user", Password: secret}}})
	_, err = at(t, wrong, server.URL).Open(t.Context())
	expectFailure(t, err, fs.ErrPermission, "refused the credentials", `titled "401 Authorization Required"`)
}

// Real ranges under real conditions, over a connection that breaks.
func TestNginxBreaksOff(t *testing.T) {
	for name, changed := range map[string]time.Time{"the same": aDate, "another": aDate.Add(time.Second)} {
		t.Run(name, func(t *testing.T) {
			server, client, data := behindNginx(t, nginx.Options{}, Host{})
			proxy := faultproxy.Start(t, server.URL, server.CAFile)
			proxy.Inject(faultproxy.Match{Path: "job.jar"}, faultproxy.TruncateBody, 1, 2)
			content, err := at(t, client, proxy.URL).Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer content.Close()
			put(t, server, data, changed)
			got, err := io.ReadAll(content)
			if err != nil || string(got) != string(data) {
				t.Fatalf("%d bytes, %v", len(got), err)
			}
			requests := proxy.Requests()
			statuses := make([]int, len(requests))
			for i, request := range requests {
				statuses[i] = request.Status
			}
			want := map[string][]int{"the same": {200, 206, 206}, "another": {200, 200, 206}}[name]
			if len(statuses) != 3 || statuses[0] != want[0] || statuses[1] != want[1] || statuses[2] != want[2] || requests[1].Header.Get("If-Range") == "" {
				t.Errorf("the answers are %d, want %d", statuses, want)
			}
		})
	}
}
