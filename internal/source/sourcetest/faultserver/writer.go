package faultserver

import "net/http"

// writer plays the fault of one answer, and counts it.
type writer struct {
	http.ResponseWriter
	server  *Server
	request *http.Request
	fault   Fault
	record  *record
	chunked bool
}

// Unwrap is for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *writer) WriteHeader(status int) {
	if w.chunked {
		w.Header().Del("Content-Length")
	}
	for name, values := range w.fault.header {
		if values == nil {
			w.Header().Del(name)
		} else {
			w.Header()[name] = values
		}
	}
	w.record.status.Store(int64(status))
	w.ResponseWriter.WriteHeader(status)
	if w.chunked {
		w.flush()
	}
}

func (w *writer) Write(p []byte) (int, error) {
	if w.record.status.Load() == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if left := w.fault.after - w.record.sent.Load(); w.fault.broken && int64(len(p)) >= left {
		n, _ := w.ResponseWriter.Write(p[:left])
		w.record.sent.Add(int64(n))
		w.flush()
		w.breakOff()
	}
	n, err := w.ResponseWriter.Write(p)
	w.record.sent.Add(int64(n))
	return n, err
}

func (w *writer) flush() {
	http.NewResponseController(w.ResponseWriter).Flush()
}

// breakOff ends the answer, and does not return.
func (w *writer) breakOff() {
	switch w.fault.how {
	case byStalling:
		select {
		case <-w.request.Context().Done():
		case <-w.server.closing:
		}
	case byReset:
		reset(w.ResponseWriter)
	case byClosing:
	}
	panic(http.ErrAbortHandler)
}
