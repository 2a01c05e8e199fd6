package wire

import (
	"fmt"
	"io"
)

// TooLongError is an answer that has more bytes than are read of it.
type TooLongError struct{ Limit int64 }

func (e *TooLongError) Error() string {
	return fmt.Sprintf("the answer has more than %d bytes, of which no more were read", e.Limit)
}

// RetryableError is what aws-sdk-go-v2's retryer looks for.
func (e *TooLongError) RetryableError() bool { return false }

// Bounded is a body of which no more is read than the limit: then it is a *TooLongError.
func Bounded(body io.ReadCloser, limit int64) io.ReadCloser {
	return &bounded{ReadCloser: body, limit: limit, left: limit}
}

type bounded struct {
	io.ReadCloser
	limit, left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, &TooLongError{b.limit}
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1] // one more tells whether there is more
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n - 1, &TooLongError{b.limit}
	}
	return n, err
}
