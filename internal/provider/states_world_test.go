package provider_test

import (
	"cmp"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/sourcetest/faultserver"
)

// world is all that a store holds, as another client sees it.
type world struct {
	Buckets map[string]worldBucket `json:"buckets"`
	Objects []worldObject          `json:"objects"` // by key
}

type worldBucket struct {
	CORS         []worldRule `json:"cors,omitempty"`
	Acceleration string      `json:"acceleration,omitempty"` // off, on; "": never set, or there is none
}

type worldRule struct {
	ID      string   `json:"id,omitempty"`
	Origins []string `json:"origins"`
	Methods []string `json:"methods"`
	Headers []string `json:"headers,omitempty"`
	Expose  []string `json:"expose,omitempty"`
	MaxAge  *int     `json:"max_age,omitempty"`
}

// worldObject is an object, or a directory. The key begins with the bucket; that of a directory ends in a slash.
type worldObject struct {
	Key         string            `json:"key"`
	Body        []byte            `json:"body,omitempty"`
	ETag        string            `json:"etag,omitempty"`
	ContentType string            `json:"content_type,omitempty"`
	Metadata    map[string]string `json:"metadata,omitempty"`
	Modified    *time.Time        `json:"modified,omitempty"`  // nil for a directory, and for what was never looked at
	Attribute   string            `json:"attribute,omitempty"` // user.flink beside a file
}

// inParts says that the object was uploaded by parts: its ETag says so, and is that of one part.
func (o worldObject) inParts() bool { return strings.HasSuffix(strings.Trim(o.ETag, `"`), "-1") }

// contentType is nil where the store may choose.
func (o worldObject) contentType() *string {
	if o.ContentType == "" {
		return nil
	}
	return &o.ContentType
}

func (w world) has(key string) bool {
	return slices.ContainsFunc(w.Objects, func(o worldObject) bool { return o.Key == key })
}

// build makes a world in an empty store. What comes out must be what was wanted, ETags and times included.
func build(t *testing.T, store stateStore, wanted world) {
	t.Helper()
	for name, bucket := range wanted.Buckets {
		store.makeBucket(t, name, bucket)
	}
	for _, object := range wanted.Objects {
		store.put(t, object)
	}
	for _, object := range look(t, store).Objects {
		at := slices.IndexFunc(wanted.Objects, func(o worldObject) bool { return o.Key == object.Key })
		if at < 0 {
			continue // a directory above
		}
		want := wanted.Objects[at]
		if want.ETag != "" && want.ETag != object.ETag || want.Modified != nil && !want.Modified.Equal(*object.Modified) {
			t.Fatalf("%s cannot be made again: it has ETag %s and is of %v, and should have %s and be of %v", object.Key, object.ETag, object.Modified, want.ETag, want.Modified)
		}
	}
}

// look is the world as it is.
func look(t *testing.T, store stateStore) world {
	t.Helper()
	found := world{Buckets: map[string]worldBucket{}}
	for _, name := range store.buckets(t) {
		found.Buckets[name] = store.bucket(t, name)
		for _, object := range store.objects(t, name) {
			object.Key = name + "/" + object.Key
			if strings.HasSuffix(object.Key, "/") {
				object.Modified = nil // of a directory on a file system it changes with what is in it
			}
			if len(object.Metadata) == 0 {
				object.Metadata = nil
			}
			if len(object.Body) == 0 {
				object.Body = nil
			}
			found.Objects = append(found.Objects, object)
		}
	}
	slices.SortFunc(found.Objects, func(a, b worldObject) int { return cmp.Compare(a.Key, b.Key) })
	return found
}

// publishedFiles has what lies behind URLs.
const publishedFiles = "published.json"

// startRepository serves files at https://repo.localhost. That is in the states, and in their private states as a hash, so it is the same on every
// machine and for every run: Terraform gets there through a proxy, whose address is in no state.
func startRepository(t *testing.T) (server *faultserver.Server, environment []string) {
	t.Helper()
	server = faultserver.Start(t)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != "repo.localhost:443" {
			http.Error(w, "there is repo.localhost:443 alone behind this proxy", http.StatusForbidden)
			return
		}
		tunnel(w, strings.TrimPrefix(server.URL, "https://"))
	}))
	t.Cleanup(proxy.Close)
	return server, []string{
		"HTTPS_PROXY=" + proxy.URL, "https_proxy=" + proxy.URL, "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1",
		"TF_VAR_ca_bundle=" + server.CAFile,
	}
}

// tunnel joins a client that has sent CONNECT to an address.
func tunnel(w http.ResponseWriter, address string) {
	to, err := net.Dial("tcp", address)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer to.Close()
	from, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer from.Close()
	io.WriteString(from, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() {
		io.Copy(to, buffered)
		to.Close()
	}()
	io.Copy(from, to)
}

func publishFiles(t *testing.T, repository *faultserver.Server, from string) {
	t.Helper()
	var files map[string]struct {
		File         string    `json:"file"` // beside the configuration; "": text
		Text         string    `json:"text"`
		ETag         string    `json:"etag"`
		LastModified time.Time `json:"last_modified"`
	}
	readJSON(t, from, &files)
	for path, file := range files {
		data := []byte(file.Text)
		if file.File != "" {
			data = readFile(t, filepath.Join(filepath.Dir(from), file.File))
		}
		repository.Put(path, faultserver.File{Data: data, ETag: file.ETag, LastModified: file.LastModified})
	}
}
