package faultproxy

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"time"
)

// Fault says what happens to a request.
type Fault int

// The faults. S3's words are in the refusals; the server does not see the request.
const (
	None         Fault = iota
	LoseAnswer         // the server executes the request, and the connection is reset in place of the answer
	Reset              // the connection is reset before the server sees the request
	ResetDuring        // the connection is reset in the middle of the request's body, of which the server has the first half
	Refuse429          // 429 TooManyRequests
	Refuse500          // 500 InternalError
	Refuse503          // 503 SlowDown
	Refuse501          // 501 NotImplemented
	Deny403            // 403 AccessDenied
	Conflict409        // 409 ConditionalRequestConflict
	ErrorIn200         // 200 with an <Error> for a body, as S3 answers a copy or a completion that failed late
	TruncateBody       // the server's answer, cut in the middle of its body
	GarbleBody         // the server's answer, the second half of its body overwritten
	StallBody          // the server's answer, of whose body the second half never comes
	Stall              // no answer until the client goes away or the proxy closes; the server does not see the request
	StallAnswer        // the same, but the server executes the request
	Slow               // both bodies pass, piece by piece
)

var names = map[Fault]string{
	None: "none", LoseAnswer: "lost answer", Reset: "reset before", ResetDuring: "reset during", Refuse429: "429", Refuse500: "500", Refuse503: "503",
	Refuse501: "501", Deny403: "403", Conflict409: "409", ErrorIn200: "error in 200", TruncateBody: "truncated", GarbleBody: "garbled",
	StallBody: "stalled in the body", Stall: "stalled", StallAnswer: "stalled after", Slow: "slow",
}

// String is a name for people.
func (f Fault) String() string { return names[f] }

var refusals = map[Fault]struct {
	status int
	code   string
}{
	Refuse429:   {http.StatusTooManyRequests, "TooManyRequests"},
	Refuse500:   {http.StatusInternalServerError, "InternalError"},
	Refuse503:   {http.StatusServiceUnavailable, "SlowDown"},
	Refuse501:   {http.StatusNotImplemented, "NotImplemented"},
	Deny403:     {http.StatusForbidden, "AccessDenied"},
	Conflict409: {http.StatusConflict, "ConditionalRequestConflict"},
	ErrorIn200:  {http.StatusOK, "InternalError"},
}

// refuse refuses a request in S3's words, after its body was read: a client that is still sending would see a reset.
func (r *passing) refuse(w http.ResponseWriter, status int, code string) {
	io.Copy(io.Discard, r.body)
	r.status.Store(int64(status))
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("X-Amz-Request-Id", "FAULTPROXY")
	w.Header().Set("X-Oss-Request-Id", "FAULTPROXY")
	w.WriteHeader(status)
	io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?>`+"\n<Error><Code>"+code+"</Code><Message>played by the fault proxy</Message></Error>")
}

// pass sends the body of an answer on.
func (p *Proxy) pass(w http.ResponseWriter, r *http.Request, response *http.Response, fault Fault) {
	switch fault {
	case TruncateBody:
		io.CopyN(w, response.Body, response.ContentLength/2)
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler) // ends the connection, and what was sent arrives
	case StallBody:
		io.CopyN(w, response.Body, response.ContentLength/2)
		http.NewResponseController(w).Flush()
		p.wait(r)
		panic(http.ErrAbortHandler)
	case GarbleBody:
		data, _ := io.ReadAll(response.Body)
		for i := len(data) / 2; i < len(data); i++ {
			data[i] = '#'
		}
		w.Write(data)
	case Slow:
		data, _ := io.ReadAll(response.Body)
		io.Copy(flushing{w}, p.slowed(io.NopCloser(bytes.NewReader(data)), int64(len(data))))
	default:
		io.Copy(w, response.Body)
	}
}

// wait returns when the client has gone away, or the test is over.
func (p *Proxy) wait(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-p.closing:
	}
}

var errCut = errors.New("cut off by the fault proxy")

// cutOff ends a body in its middle.
func cutOff(body io.ReadCloser, left int64) io.ReadCloser {
	return readCloser{io.MultiReader(io.LimitReader(body, left), failing{}), body}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errCut }

// SlowPieces are those of a body that is not very short.
const SlowPieces = 20

// slowed pauses before each piece of a body.
func (p *Proxy) slowed(body io.ReadCloser, size int64) io.ReadCloser {
	return readCloser{&slowReader{body: body, pause: p.Pause, piece: max(1, size/SlowPieces)}, body}
}

type slowReader struct {
	body  io.Reader
	pause time.Duration
	piece int64
	left  int64 // of the piece
}

func (r *slowReader) Read(p []byte) (int, error) {
	if r.left == 0 {
		time.Sleep(r.pause)
		r.left = r.piece
	}
	n, err := r.body.Read(p[:min(int64(len(p)), r.left)])
	r.left -= int64(n)
	return n, err
}

type readCloser struct {
	io.Reader
	io.Closer
}

// flushing sends each piece at once.
type flushing struct{ w http.ResponseWriter }

func (f flushing) Write(p []byte) (int, error) {
	n, err := f.w.Write(p)
	http.NewResponseController(f.w).Flush()
	return n, err
}
