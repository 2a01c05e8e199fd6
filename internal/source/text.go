package source

import (
	"context"
	"io"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// Text is bytes that stand in the configuration itself.
type Text string

// Open never fails.
func (t Text) Open(context.Context) (blob.Content, error) {
	return textContent{strings.NewReader(string(t)), int64(len(t))}, nil
}

type textContent struct {
	io.Reader
	size int64
}

func (textContent) Close() error { return nil }

func (c textContent) Size() int64 { return c.size }
