package httpsource

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/minio/crc64nvme"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
)

// skipBuffer is how many bytes are read at a time of what was delivered already.
const skipBuffer = 64 << 10

// connect gets a body that goes on behind what was delivered.
func (d *download) connect() error {
	return d.patience.insist(d.ctx, d.attempt)
}

// attempt asks once; and once more for the whole, where the answer to the question for the rest cannot be believed.
func (d *download) attempt() error {
	if d.offset > 0 && d.ranges {
		response, err := d.source.ask(d.ctx, question{
			method:  http.MethodGet,
			span:    fmt.Sprintf("bytes=%d-", d.offset),
			ifRange: validator(d.told),
		}, http.StatusOK, http.StatusPartialContent, http.StatusRequestedRangeNotSatisfiable)
		if err != nil {
			return err
		}
		switch response.StatusCode {
		case http.StatusOK: // it is another version by now, or the server gives no ranges of this one
			return d.takeWhole(response)
		case http.StatusPartialContent:
			if taken, err := d.takeRest(response); taken || err != nil {
				return err
			}
		}
		response.Body.Close()
		d.ranges = false
	}
	response, err := d.source.ask(d.ctx, question{method: http.MethodGet}, http.StatusOK)
	if err != nil {
		return err
	}
	return d.takeWhole(response)
}

// takeRest takes what a 206 has, if that is the rest of the same version, by all that is told.
func (d *download) takeRest(response *http.Response) (taken bool, err error) {
	span, ok := wire.ParseContentRange(response.Header.Get("Content-Range"))
	if ok && span.Total >= 0 && d.total >= 0 && span.Total != d.total {
		response.Body.Close()
		return false, d.changed(fmt.Sprintf("it had %d bytes, and has %d now", d.total, span.Total))
	}
	now := describe(response)
	// The one that the rest was asked under has to be there.
	if !ok || span.First != d.offset || validator(now) != validator(d.told) || contradicts(d.told.ETag, now.ETag) || contradicts(d.told.LastModified, now.LastModified) {
		return false, nil
	}
	// A server may give less than it was asked for (RFC 9110, 15.3.7): without a total nobody knows whether this is the end.
	if max(d.total, span.Total) < 0 {
		return false, nil
	}
	d.total = max(d.total, span.Total)
	d.body = limitedBody{io.LimitReader(response.Body, span.Length()), response.Body}
	return true, nil
}

func contradicts(before, now string) bool { return before != "" && now != "" && before != now }

type limitedBody struct {
	io.Reader
	io.Closer
}

// takeWhole takes an answer that has the file from its start, and reads over what was delivered of it: if that is the same, then what follows
// belongs to it, whatever else has changed.
func (d *download) takeWhole(response *http.Response) error {
	now := describe(response)
	// Such an answer ends with its connection, however that ends: TLS tells it only in the middle of a record (crypto/tls).
	if endless := response.ContentLength < 0 && len(response.TransferEncoding) == 0; endless && d.total < 0 && !d.source.pinned {
		response.Body.Close()
		return d.source.fail(source.ErrServer, "the server tells neither the file's length nor where it ends, so that a part of it would pass for the whole",
			"Pin the file with content_sha256: then a part is never taken for the whole. Or fetch it from another server.")
	}
	if d.total >= 0 && now.Size >= 0 && now.Size != d.total {
		response.Body.Close()
		return d.changed(fmt.Sprintf("it had %d bytes, and has %d now", d.total, now.Size))
	}
	if d.offset > 0 {
		if d.restarts++; d.restarts > maxRestarts {
			response.Body.Close()
			return d.source.fail(source.ErrTruncated,
				fmt.Sprintf("the answer breaks off each time, and the server gives the file from its start only: after %d times there are %d bytes of it", d.restarts, d.offset),
				"Fetch the file from a server that supports ranges, or download it and set source to its path.")
		}
		if err := d.skip(response.Body); err != nil {
			response.Body.Close()
			return err
		}
	}
	d.body, d.total = response.Body, max(d.total, now.Size)
	d.ranges = isStrong(response.Header)
	d.telling.Lock()
	defer d.telling.Unlock()
	now.Beginning = d.told.Beginning
	d.told = now
	return nil
}

// skip reads over what was delivered, and compares.
func (d *download) skip(body io.Reader) error {
	again := crc64nvme.New()
	skipped, err := io.CopyBuffer(struct{ io.Writer }{again}, struct{ io.Reader }{io.LimitReader(body, d.offset)}, make([]byte, skipBuffer))
	switch {
	case d.ctx.Err() != nil:
		return context.Cause(d.ctx)
	case err != nil:
		return d.brokenOff(err)
	case skipped < d.offset:
		return d.changed(fmt.Sprintf("it had more than %d bytes, and has %d now", d.offset-1, skipped))
	case again.Sum64() != d.delivered.Sum64():
		return d.changed("it begins with other bytes now")
	}
	return nil
}

// changed says that what was delivered is of no use any more.
func (d *download) changed(how string) error {
	return d.source.fail(blob.ErrStartOver, "it changed while it was read: "+how, "Let what writes the file finish, then run again.")
}
