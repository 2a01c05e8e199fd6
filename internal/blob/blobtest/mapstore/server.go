// Package mapstore is a store of our own: a map in memory, served over HTTP, and its driver.
// It is a fake of no cloud.
// It proves that a store takes no more than a driver, and with it what package objectstore does is tested once.
package mapstore

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/checksum"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// Server keeps objects in memory.
type Server struct {
	URL string

	// Ignores has the headers of conditions that the server does not look at, Refuses those of writes that it answers with 501, and Denies
	// those that hold for it never.
	// They are set before the first request, as is NoETags, which leaves them out of the answers to writes.
	Ignores, Refuses, Denies []string
	NoETags                  bool

	mu      sync.Mutex
	buckets map[string]*bucket
	writes  int // makes ETags and upload IDs
}

type bucket struct {
	inOrder bool // takes parts one after another
	objects map[string]entry
	uploads map[string]entry // by key, NUL and ID
}

// entry is an object, or an upload by parts.
type entry struct {
	data   []byte
	parts  map[int][]byte
	etag   string      // quoted
	header http.Header // its attributes
	made   time.Time
}

// Start serves on loopback until the test ends.
func Start(t testing.TB) *Server {
	s := &Server{buckets: map[string]*bucket{}}
	listening := httptest.NewServer(s)
	t.Cleanup(listening.Close)
	s.URL = listening.URL
	return s
}

func (s *Server) lock() (unlock func()) {
	s.mu.Lock()
	return s.mu.Unlock
}

// CreateBucket makes an empty bucket, which takes parts one after another if inOrder is true.
func (s *Server) CreateBucket(inOrder bool) string {
	defer s.lock()()
	name := fmt.Sprint("bucket-", len(s.buckets))
	s.buckets[name] = &bucket{inOrder, map[string]entry{}, map[string]entry{}}
	return name
}

// Put writes an object behind the driver's back.
func (s *Server) Put(bucket, key string, data []byte) {
	defer s.lock()()
	s.put(s.buckets[bucket], key, data, nil)
}

func (s *Server) put(b *bucket, key string, data []byte, header http.Header) (etag string) {
	s.writes++
	attributes := maps.Clone(header)
	maps.DeleteFunc(attributes, func(name string, _ []string) bool {
		return name != "Content-Type" && !strings.HasPrefix(name, metaPrefix)
	})
	etag = fmt.Sprintf(`"etag-%d"`, s.writes)
	b.objects[key] = entry{data: data, etag: etag, header: attributes, made: time.Now().UTC().Truncate(time.Second)}
	return etag
}

// Object reads one behind the driver's back.
func (s *Server) Object(bucket, key string) (data []byte, exists bool) {
	defer s.lock()()
	found, exists := s.buckets[bucket].objects[key]
	return found.data, exists
}

// OpenUploads are the keys and IDs of the uploads that were neither completed nor aborted, with NUL between them, sorted.
func (s *Server) OpenUploads(bucket string) []string {
	defer s.lock()()
	return slices.Sorted(maps.Keys(s.buckets[bucket].uploads))
}

// Begin opens an upload behind the driver's back, as if so long ago.
func (s *Server) Begin(bucket, key string, ago time.Duration) {
	defer s.lock()()
	s.begin(s.buckets[bucket], key, nil, ago)
}

// EndUploads aborts all uploads behind the driver's back.
func (s *Server) EndUploads(bucket string) {
	defer s.lock()()
	clear(s.buckets[bucket].uploads)
}

func (s *Server) begin(b *bucket, key string, header http.Header, ago time.Duration) (id string) {
	s.writes++
	id = fmt.Sprint("upload-", s.writes)
	b.uploads[key+"\x00"+id] = entry{parts: map[int][]byte{}, header: header, made: time.Now().Add(-ago)}
	return id
}

// ServeHTTP serves /bucket/key, where the key is escaped as a whole.
// Every answer has the header X-Map-Store.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // cut off: nothing is done
	}
	name, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	w.Header().Set("X-Map-Store", "1")
	defer s.lock()()
	s.serve(w, r, s.buckets[name], key, body)
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("X-Map-Code", code)
	http.Error(w, "refused: "+code, status)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, b *bucket, key string, body []byte) {
	query := r.URL.Query()
	isWrite := r.Method != http.MethodGet && r.Method != http.MethodPatch
	switch {
	case b == nil:
		refuse(w, http.StatusNotFound, "NoSuchBucket")
	case isWrite && slices.ContainsFunc(s.Refuses, func(name string) bool { return r.Header.Get(name) != "" }):
		refuse(w, http.StatusNotImplemented, "NotImplemented")
	case query.Has("uploadId"):
		s.serveUpload(w, r, b, key, body)
	case key != "" && query.Has("uploads") && r.Method == http.MethodPost:
		w.Header().Set("X-Map-Upload", s.begin(b, key, r.Header, 0))
	case key != "":
		s.serveObject(w, r, b, key, body)
	case query.Has("uploads"):
		json.NewEncoder(w).Encode(list(b.uploads, query))
	default:
		json.NewEncoder(w).Encode(list(b.objects, query))
	}
}

func (s *Server) serveObject(w http.ResponseWriter, r *http.Request, b *bucket, key string, body []byte) {
	found, exists := b.objects[key]
	switch {
	case r.Method == http.MethodPut:
		s.publish(w, r, b, key, body, r.Header)
	case !exists && r.Method != http.MethodDelete:
		refuse(w, http.StatusNotFound, "NoSuchKey")
	case r.Method == http.MethodPatch:
		s.publish(w, r, b, key, found.data, r.Header)
	case !s.holds(r.Header, found):
		refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
	case r.Method == http.MethodDelete:
		delete(b.objects, key)
	case r.Method == http.MethodGet, r.Method == http.MethodHead:
		w.Header()["Content-Type"] = nil // not to be guessed
		maps.Copy(w.Header(), found.header)
		w.Header().Set("ETag", found.etag)
		http.ServeContent(w, r, "", found.made, bytes.NewReader(found.data))
	default:
		refuse(w, http.StatusMethodNotAllowed, "MethodNotAllowed")
	}
}

func (s *Server) serveUpload(w http.ResponseWriter, r *http.Request, b *bucket, key string, body []byte) {
	id := key + "\x00" + r.URL.Query().Get("uploadId")
	upload, exists := b.uploads[id]
	part, _ := strconv.Atoi(r.URL.Query().Get("partNumber"))
	switch {
	case !exists:
		refuse(w, http.StatusNotFound, "NoSuchUpload")
	case r.Method == http.MethodDelete:
		delete(b.uploads, id)
	case r.Method == http.MethodPost:
		var whole []byte
		for before := range len(upload.parts) {
			whole = append(whole, upload.parts[before+1]...)
		}
		if s.publish(w, r, b, key, whole, upload.header) {
			delete(b.uploads, id)
		}
	case b.inOrder && part > len(upload.parts)+1:
		refuse(w, http.StatusConflict, "OutOfOrder")
	case !arrived(r.Header, body):
		refuse(w, http.StatusBadRequest, "BadDigest")
	default:
		if r.Header.Get("X-Map-Copy-Source") != "" {
			if body = s.copied(w, r.Header); body == nil {
				return
			}
		}
		upload.parts[part] = body
		w.Header().Set("ETag", crc(body))
	}
}

// publish makes an object, under the request's conditions.
func (s *Server) publish(w http.ResponseWriter, r *http.Request, b *bucket, key string, data []byte, header http.Header) (published bool) {
	switch {
	case !s.holds(r.Header, b.objects[key]):
		refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
	case !arrived(r.Header, data):
		refuse(w, http.StatusBadRequest, "BadDigest")
	default:
		etag := s.put(b, key, data, header)
		if !s.NoETags {
			w.Header().Set("ETag", etag)
		}
		return true
	}
	return false
}

// holds reports whether the conditions hold, but for those that are ignored.
// An object that does not exist has no ETag.
func (s *Server) holds(header http.Header, found entry) bool {
	if slices.ContainsFunc(s.Denies, func(name string) bool { return header.Get(name) != "" }) {
		return false
	}
	mayExist := header.Get("If-None-Match") == "" || slices.Contains(s.Ignores, "If-None-Match")
	mayDiffer := header.Get("If-Match") == "" || slices.Contains(s.Ignores, "If-Match")
	return (mayExist || found.etag == "") && (mayDiffer || header.Get("If-Match") == found.etag)
}

// copied is a part of another object; nil: it was refused.
func (s *Server) copied(w http.ResponseWriter, header http.Header) []byte {
	path, _ := url.PathUnescape(header.Get("X-Map-Copy-Source"))
	name, key, _ := strings.Cut(path, "/")
	source, exists := s.buckets[name].objects[key]
	var first, last int
	_, err := fmt.Sscanf(header.Get("X-Map-Copy-Range"), "bytes=%d-%d", &first, &last)
	switch {
	case !exists, !slices.Contains(s.Ignores, "X-Map-Copy-If-Match") && header.Get("X-Map-Copy-If-Match") != source.etag:
		refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
	case err != nil, last >= len(source.data):
		refuse(w, http.StatusBadRequest, "InvalidRange")
	default:
		return source.data[first : last+1]
	}
	return nil
}

// arrived compares bytes with what the request says of them.
func arrived(header http.Header, data []byte) bool {
	sum := header.Get(sumHeader)
	return sum == "" || sum == crc(data)
}

func crc(data []byte) string { return encode(checksum.Of(checksum.CRC64NVME, data)) }

func list(entries map[string]entry, query url.Values) (page blob.Page) {
	most, _ := strconv.Atoi(query.Get("max"))
	prefix, token, delimiter := query.Get("prefix"), query.Get("token"), query.Get("delimiter")
	last := ""
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		rest, isBelow := strings.CutPrefix(key, prefix)
		before, _, isCommon := strings.Cut(rest, delimiter)
		at := key
		if isCommon = isCommon && delimiter != ""; isCommon {
			at = prefix + before + delimiter
		}
		switch {
		case !isBelow, token != "" && at <= token, at == last:
			continue
		case len(page.Infos)+len(page.Prefixes) == min(cmp.Or(most, 1000), 1000):
			page.Next = last
			return page
		case isCommon:
			page.Prefixes = append(page.Prefixes, at)
		default:
			found := entries[key]
			page.Infos = append(page.Infos, blob.Info{Key: key, Size: int64(len(found.data)), ETag: wire.Unquote(found.etag), ModTime: found.made})
		}
		last = at
	}
	return page
}
