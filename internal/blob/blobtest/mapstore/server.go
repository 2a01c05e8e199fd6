// Package mapstore is a store of our own: a map in memory, served over HTTP, and its driver.
// It is a fake of no cloud.
// It proves that a store takes no more than a driver, and with it what package objectstore does is tested once.
package mapstore

import (
	"encoding/xml"
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

	"github.com/minio/crc64nvme"
)

// Server keeps objects in memory.
type Server struct {
	URL string

	// Ignores has the headers of conditions that the server does not look at, and Refuses those of writes that it answers with 501.
	// They are set before the first request.
	Ignores, Refuses []string

	mu      sync.Mutex
	buckets map[string]*bucket
	writes  int // makes ETags and upload IDs
}

type bucket struct {
	inOrder bool // takes parts one after another
	objects map[string]Object
	uploads map[string]*upload
}

// Object is what the server keeps.
type Object struct {
	Data    []byte
	ETag    string
	Header  http.Header // its attributes
	Changed time.Time
}

type upload struct {
	key    string
	header http.Header
	parts  map[int][]byte
	begun  time.Time
}

// Start serves on loopback until the test ends.
func Start(t testing.TB) *Server {
	s := &Server{buckets: map[string]*bucket{}}
	listening := httptest.NewServer(s)
	t.Cleanup(listening.Close)
	s.URL = listening.URL
	return s
}

// CreateBucket makes an empty bucket, which takes parts one after another if inOrder is true.
func (s *Server) CreateBucket(inOrder bool) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := fmt.Sprint("bucket-", len(s.buckets))
	s.buckets[name] = &bucket{inOrder: inOrder, objects: map[string]Object{}, uploads: map[string]*upload{}}
	return name
}

// Put writes an object behind the driver's back.
func (s *Server) Put(bucket, key string, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.publish(s.buckets[bucket], key, data, http.Header{})
}

// Object reads one behind the driver's back.
func (s *Server) Object(bucket, key string) (object Object, exists bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	object, exists = s.buckets[bucket].objects[key]
	return object, exists
}

// OpenUploads are the keys and IDs of the uploads that were neither completed nor aborted, sorted.
func (s *Server) OpenUploads(bucket string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var open []string
	for id, upload := range s.buckets[bucket].uploads {
		open = append(open, upload.key+" "+id)
	}
	slices.Sort(open)
	return open
}

// Begin opens an upload behind the driver's back, as if so long ago, and returns its ID.
func (s *Server) Begin(bucket, key string, ago time.Duration) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.begin(s.buckets[bucket], key, http.Header{}, ago)
}

func (s *Server) begin(b *bucket, key string, header http.Header, ago time.Duration) string {
	s.writes++
	id := fmt.Sprint("upload-", s.writes)
	b.uploads[id] = &upload{key, header, map[int][]byte{}, time.Now().Add(-ago)}
	return id
}

func (s *Server) publish(b *bucket, key string, data []byte, header http.Header) string {
	s.writes++
	attributes := http.Header{}
	for name, values := range header {
		if name == "Content-Type" || strings.HasPrefix(name, metaPrefix) {
			attributes[name] = values
		}
	}
	b.objects[key] = Object{data, fmt.Sprintf("etag-%d", s.writes), attributes, time.Now().UTC()}
	return b.objects[key].ETag
}

// refusal is a status and a code.
type refusal struct {
	status int
	code   string
}

// ServeHTTP serves /bucket/key, where the key is escaped as a whole.
// Every answer has the header X-Map-Store.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // cut off: nothing is done
	}
	path, _ := url.PathUnescape(strings.TrimPrefix(r.URL.EscapedPath(), "/"))
	name, key, _ := strings.Cut(path, "/")
	w.Header().Set("X-Map-Store", "1")
	s.mu.Lock()
	defer s.mu.Unlock()
	refused := s.serve(w, r, s.buckets[name], key, body)
	if refused.status != 0 {
		w.Header().Set("X-Map-Code", refused.code)
		w.WriteHeader(refused.status)
		fmt.Fprintf(w, "refused: %s", refused.code)
	}
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, b *bucket, key string, body []byte) refusal {
	query := r.URL.Query()
	object, exists := Object{}, false
	if b != nil {
		object, exists = b.objects[key]
	}
	for _, name := range s.Refuses {
		if r.Header.Get(name) != "" && r.Method != http.MethodGet && r.Method != http.MethodPatch {
			return refusal{http.StatusNotImplemented, "NotImplemented"}
		}
	}
	if sum := r.Header.Get("X-Map-Crc"); sum != "" && len(body) > 0 && sum != crc(body) {
		return refusal{http.StatusBadRequest, "BadDigest"}
	}
	upload := &upload{}
	if id := query.Get("uploadId"); id != "" && b != nil {
		if upload = b.uploads[id]; upload == nil || upload.key != key {
			return refusal{http.StatusNotFound, "NoSuchUpload"}
		}
	}
	part, _ := strconv.Atoi(query.Get("partNumber"))
	switch {
	case b == nil:
		return refusal{http.StatusNotFound, "NoSuchBucket"}
	case key == "":
		s.list(w, b, query)
	case r.Method == http.MethodPost && query.Has("uploads"):
		w.Header().Set("X-Map-Upload", s.begin(b, key, r.Header, 0))
	case part > 0:
		if b.inOrder && part > len(upload.parts)+1 {
			return refusal{http.StatusConflict, "OutOfOrder"}
		}
		if from := r.Header.Get("X-Map-Copy-Source"); from != "" {
			return s.copyPart(w, r, upload, part, from)
		}
		upload.parts[part] = body
		w.Header().Set("ETag", crc(body))
	case r.Method == http.MethodDelete && query.Has("uploadId"):
		delete(b.uploads, query.Get("uploadId"))
	case !exists && (r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodPatch):
		return refusal{http.StatusNotFound, "NoSuchKey"}
	case !s.holds(r, object, exists):
		return refusal{http.StatusPreconditionFailed, "PreconditionFailed"}
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		w.Header()["Content-Type"] = nil // not to be guessed
		maps.Copy(w.Header(), object.Header)
		w.Header().Set("ETag", `"`+object.ETag+`"`)
		w.Header().Set("X-Map-Changed", object.Changed.Format(time.RFC3339Nano))
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(object.Data)))
	case r.Method == http.MethodDelete:
		delete(b.objects, key)
	case r.Method == http.MethodPatch:
		w.Header().Set("ETag", s.publish(b, key, object.Data, r.Header))
	case r.Method == http.MethodPut:
		w.Header().Set("ETag", s.publish(b, key, body, r.Header))
	case query.Has("uploadId"):
		var whole []byte
		for number := 1; number <= len(upload.parts); number++ {
			whole = append(whole, upload.parts[number]...)
		}
		if sum := r.Header.Get("X-Map-Crc"); sum != "" && sum != crc(whole) {
			return refusal{http.StatusBadRequest, "BadDigest"}
		}
		delete(b.uploads, query.Get("uploadId"))
		w.Header().Set("ETag", s.publish(b, key, whole, upload.header))
	default:
		return refusal{http.StatusMethodNotAllowed, "MethodNotAllowed"}
	}
	return refusal{}
}

// holds reports whether the request's conditions hold, but for those that are ignored.
func (s *Server) holds(r *http.Request, object Object, exists bool) bool {
	want, absent := r.Header.Get("If-Match"), r.Header.Get("If-None-Match") != ""
	if slices.Contains(s.Ignores, "If-Match") {
		want = ""
	}
	if slices.Contains(s.Ignores, "If-None-Match") {
		absent = false
	}
	if absent && exists {
		return false
	}
	return want == "" || exists && want == `"`+object.ETag+`"`
}

func (s *Server) copyPart(w http.ResponseWriter, r *http.Request, to *upload, part int, from string) refusal {
	name, escaped, _ := strings.Cut(from, "/")
	key, _ := url.PathUnescape(escaped)
	source, exists := s.buckets[name].objects[key]
	if ignored := slices.Contains(s.Ignores, "X-Map-Copy-If-Match"); !exists || !ignored && r.Header.Get("X-Map-Copy-If-Match") != source.ETag {
		return refusal{http.StatusPreconditionFailed, "PreconditionFailed"}
	}
	var first, last int
	if _, err := fmt.Sscanf(r.Header.Get("X-Map-Copy-Range"), "%d-%d", &first, &last); err != nil || last >= len(source.Data) {
		return refusal{http.StatusBadRequest, "InvalidRange"}
	}
	to.parts[part] = source.Data[first : last+1]
	w.Header().Set("ETag", crc(to.parts[part]))
	return refusal{}
}

// page is a listing of objects or of uploads, whose keys are escaped, as XML cannot hold every key.
type page struct {
	XMLName  xml.Name `xml:"Page"`
	Entries  []entry  `xml:"Entry"`
	Prefixes []string `xml:"Prefix"`
	Next     string
}

type entry struct {
	Key, ETag, ID string
	Size          int64
	Changed       time.Time
}

func (s *Server) list(w http.ResponseWriter, b *bucket, query url.Values) {
	all := map[string]entry{}
	if query.Has("uploads") {
		for id, upload := range b.uploads {
			all[upload.key+"\x00"+id] = entry{Key: upload.key, ID: id, Changed: upload.begun}
		}
	} else {
		for key, object := range b.objects {
			all[key] = entry{Key: key, ETag: object.ETag, Size: int64(len(object.Data)), Changed: object.Changed}
		}
	}
	most, _ := strconv.Atoi(query.Get("max"))
	prefix, token, delimiter := query.Get("prefix"), query.Get("token"), query.Get("delimiter")
	var found page
	for _, at := range slices.Sorted(maps.Keys(all)) {
		common := ""
		if rest, ok := strings.CutPrefix(at, prefix); ok && delimiter != "" {
			if i := strings.Index(rest, delimiter); i >= 0 {
				common = prefix + rest[:i+1]
			}
		}
		n := len(found.Prefixes)
		switch {
		case !strings.HasPrefix(at, prefix), token != "" && (at <= token || common == token),
			n > 0 && common != "" && found.Prefixes[n-1] == url.QueryEscape(common):
			continue
		case n+len(found.Entries) == most:
			xml.NewEncoder(w).Encode(found)
			return
		case common != "":
			found.Prefixes, found.Next = append(found.Prefixes, url.QueryEscape(common)), url.QueryEscape(common)
		default:
			e := all[at]
			e.Key = url.QueryEscape(e.Key)
			found.Entries, found.Next = append(found.Entries, e), url.QueryEscape(at)
		}
	}
	found.Next = ""
	xml.NewEncoder(w).Encode(found)
}

func crc(data []byte) string { return strconv.FormatUint(crc64nvme.Checksum(data), 16) }
