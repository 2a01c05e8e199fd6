package httpsource

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"sync"

	"github.com/minio/crc64nvme"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
)

const (
	// maxRestarts is how often a file is read again from its start as the server gives no ranges of it.
	maxRestarts = 5
	// maxResumptions is how often a reading is resumed in all. A file that breaks off more often moves, but does not arrive.
	maxResumptions = 100
)

// Open asks for the file. A reading that breaks off is resumed as it is read on: the bytes are those of one version of the file, or Read is an
// error, blob.ErrStartOver where another opening may do better.
func (s *Source) Open(ctx context.Context) (blob.Content, error) {
	d := &download{source: s, patience: patience{client: s.client}, delivered: crc64nvme.New(), total: -1}
	d.ctx, d.cancel = context.WithCancelCause(ctx)
	if err := d.connect(); err != nil {
		d.cancel(nil)
		return nil, err
	}
	d.size = d.told.Size
	return d, nil
}

// download is one reading of the file, over as many answers as it takes.
type download struct {
	source *Source
	ctx    context.Context //nolint:containedctx // that of Open, which governs the reading
	cancel context.CancelCauseFunc
	size   int64 // as it was told first, bytes; -1: it was not

	reading   sync.Mutex // held by Read, and by Close when no Read is left
	body      io.ReadCloser
	ended     error       // what Read returns from now on
	offset    int64       // bytes delivered
	delivered hash.Hash64 // of them
	total     int64       // of the file; -1: not known
	ranges    bool        // the server may be asked for the rest

	patience              patience
	restarts, resumptions int

	telling sync.Mutex
	told    source.Description
}

var _ source.Described = (*download)(nil)

// Size is what was told when the file was opened.
func (d *download) Size() int64 { return d.size }

// Describe tells of the answer that the bytes come from.
func (d *download) Describe() source.Description {
	d.telling.Lock()
	defer d.telling.Unlock()
	return d.told
}

// Close ends a Read that waits, and the request.
func (d *download) Close() error {
	d.cancel(fs.ErrClosed)
	d.reading.Lock()
	defer d.reading.Unlock()
	d.hangUp()
	return nil
}

func (d *download) hangUp() {
	if d.body != nil {
		d.body.Close()
		d.body = nil
	}
}

func (d *download) Read(p []byte) (int, error) {
	d.reading.Lock()
	defer d.reading.Unlock()
	for d.ended == nil && len(p) > 0 {
		if d.ctx.Err() != nil {
			d.ended = context.Cause(d.ctx)
			break
		}
		n, err := d.body.Read(p)
		d.deliver(p[:n])
		switch {
		case d.total >= 0 && d.offset > d.total:
			d.ended = d.changed(fmt.Sprintf("it had %d bytes, and has more now", d.total))
		case err == nil:
		case errors.Is(err, io.EOF) && (d.total < 0 || d.offset == d.total):
			d.ended = io.EOF
		default:
			d.ended = d.resume(err)
		}
		if n > 0 {
			return n, nil
		}
	}
	if d.ended != nil {
		d.hangUp()
	}
	return 0, d.ended
}

func (d *download) deliver(p []byte) {
	if len(p) == 0 {
		return
	}
	d.patience.failures = 0
	d.delivered.Write(p)
	d.offset += int64(len(p))
	if missing := source.BeginningSize - len(d.Describe().Beginning); missing > 0 {
		d.telling.Lock()
		defer d.telling.Unlock()
		d.told.Beginning = append(d.told.Beginning, p[:min(missing, len(p))]...)
	}
}

// resume goes on after an answer that broke off. It returns what Read has to return, nil once there is a body again.
func (d *download) resume(cause error) error {
	d.hangUp()
	if d.ctx.Err() != nil {
		return context.Cause(d.ctx)
	}
	if d.resumptions++; d.resumptions > maxResumptions {
		return d.brokenOff(cause).told
	}
	if err := d.patience.afterFailure(d.ctx, d.brokenOff(cause)); err != nil {
		return err
	}
	return d.connect()
}

// brokenOff describes an answer whose end is missing.
func (d *download) brokenOff(cause error) *attemptError {
	of := "an unknown number of"
	if d.total >= 0 {
		of = fmt.Sprint(d.total)
	}
	message := fmt.Sprintf("the answer breaks off after %d of %s bytes: %s", d.offset, of, reasonOf(cause, d.source.address).message)
	if d.resumptions > 1 {
		message += fmt.Sprintf(" (it was resumed %d times)", d.resumptions-1)
	}
	return &attemptError{
		told:    d.source.fail(source.ErrTruncated, message, "Try again. If it happens each time, ask whoever runs the server, or a proxy on the way, or download the file and set source to its path."),
		mayPass: true,
	}
}
