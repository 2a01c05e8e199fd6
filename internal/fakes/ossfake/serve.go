package ossfake

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// call is one request on its way through the server.
type call struct {
	s         *Server
	r         *http.Request
	id        string
	query     url.Values
	address   address
	operation string
	endpoint  Endpoint
	key       Key // of the caller
	now       time.Time
	signature signature
	data      []byte // the request's body

	// The answer. It is written when the lock is free again: a client that does not read must not stop others.
	status int
	header http.Header
	body   []byte
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, endpoint Endpoint) {
	id := make([]byte, 12)
	rand.Read(id)
	c := &call{s: s, r: r, id: strings.ToUpper(hex.EncodeToString(id)), endpoint: endpoint, status: http.StatusOK, header: http.Header{}}
	c.query = queryOf(r)
	s.mu.Lock()
	c.now = s.now()
	c.address = s.addressOf(r, &c.endpoint)
	change := s.onRequest
	s.mu.Unlock()
	c.operation = operationOf(r, c.query, c.address)
	sent := &countingReader{reader: r.Body}
	record := Request{
		Operation: c.operation, Bucket: c.address.bucket, Key: c.address.key, Method: r.Method, Path: r.URL.EscapedPath(),
		Query: c.query, Header: r.Header.Clone(), Host: r.Host, Endpoint: c.endpoint,
	}
	c.signature = signatureOf(r, c.query)
	record.SignatureVersion, record.SignatureInQuery = c.signature.version, c.signature.inQuery
	if change != nil {
		change(record)
	}

	refusal := s.throttled(record)
	if refusal == nil {
		refusal = c.authorize()
	}
	if refusal == nil {
		refusal = c.read(sent)
	}
	if refusal == nil {
		s.mu.Lock()
		refusal = c.execute()
		s.mu.Unlock()
	}
	if r.Header.Get("Expect") == "" {
		// A client that is still sending would see a reset in place of the refusal.
		io.Copy(io.Discard, sent)
	}
	s.mu.Lock()
	c.corsHeaders()
	s.mu.Unlock()
	if refusal != nil {
		c.refuse(refusal)
		record.Code = refusal.Code
	}
	record.Status, record.Bytes = c.status, sent.n
	if !s.options.Unrecorded {
		s.mu.Lock()
		s.requests = append(s.requests, record)
		s.mu.Unlock()
	}
	c.write(w)
	if s.options.Done != nil {
		s.options.Done(record)
	}
}

// read takes the body in, checks it against the headers, and refuses what would not fit into memory.
func (c *call) read(sent *countingReader) *Refusal {
	if c.r.Method != http.MethodPut && c.r.Method != http.MethodPost {
		return nil
	}
	limit := c.s.options.MaxBytes
	if c.operation == "PutObject" || c.operation == "UploadPart" {
		// Without either of both headers net/http says 0.
		if c.r.Header.Get("Content-Length") == "" && len(c.r.TransferEncoding) == 0 {
			return missingContentLength()
		}
		if c.r.ContentLength > maxPut {
			return entityTooLarge(c.r.ContentLength, maxPut)
		}
	}
	if c.r.ContentLength > limit {
		return fakeIsFull(limit)
	}
	var body bytes.Buffer
	body.Grow(int(max(0, c.r.ContentLength)) + bytes.MinRead)
	n, err := body.ReadFrom(io.LimitReader(sent, limit+1))
	if n > limit {
		return fakeIsFull(limit)
	}
	if err != nil {
		return incompleteBody()
	}
	c.data = body.Bytes()
	return c.checkBody()
}

// write sends the answer.
func (c *call) write(w http.ResponseWriter) {
	header := w.Header()
	for name, values := range c.header {
		header[name] = values
	}
	header.Set("Server", "AliyunOSS")
	header.Set("X-Oss-Request-Id", c.id)
	header.Set("X-Oss-Server-Time", "1")
	// By this a client sets its clock right.
	header.Set("Date", c.now.Format(http.TimeFormat))
	if header.Get("Content-Length") == "" && c.status != http.StatusNoContent && c.status != http.StatusNotModified {
		header.Set("Content-Length", strconv.Itoa(len(c.body)))
	}
	w.WriteHeader(c.status)
	if c.r.Method != http.MethodHead {
		w.Write(c.body)
	}
}

type countingReader struct {
	reader io.Reader
	n      int64
}

func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.reader.Read(p)
	r.n += int64(n)
	return n, err
}
