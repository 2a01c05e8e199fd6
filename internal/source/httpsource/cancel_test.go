package httpsource

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/sourcetest/faultserver"
)

// Everything that waits ends with the context, and with Close.
func TestCancelled(t *testing.T) {
	for name, c := range map[string]struct {
		fault   faultserver.Fault
		retries int
	}{
		"header":      {faultserver.Stall(), 4},
		"body":        {faultserver.StallAfter(third), 4},
		"pause":       {faultserver.RetryAfter(http.StatusServiceUnavailable, "100"), 4},
		"last header": {faultserver.Stall(), 0},
		"last body":   {faultserver.StallAfter(third), 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, large, retries(c.retries))
			gaveUp := errors.New("the user gave up")
			ctx, cancel := context.WithCancelCause(t.Context())
			s.Inject(get(), 1, faultserver.Always, c.fault.Do(func() { time.AfterFunc(50*time.Millisecond, func() { cancel(gaveUp) }) }))
			begin := time.Now()
			content, err := s.at(t, s.URL).Open(ctx)
			if err == nil {
				_, err = io.ReadAll(content)
				content.Close()
			}
			if took := time.Since(begin); !errors.Is(err, gaveUp) || took > 10*time.Second {
				t.Errorf("%v after %s", err, took)
			}
			if n := len(s.Requests()); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
	t.Run("deadline", func(t *testing.T) {
		s := start(t, large, nil)
		s.Inject(anyRequest(), 1, faultserver.Always, faultserver.Stall())
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := s.at(t, s.URL).Describe(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Describe: %v", err)
		}
		if _, err := s.at(t, s.URL).Ranges(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Ranges: %v", err)
		}
	})
	t.Run("close", func(t *testing.T) {
		s := start(t, large, nil)
		s.Inject(get(), 1, 1, faultserver.StallAfter(third))
		content, err := s.at(t, s.URL).Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(content, make([]byte, third)); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(50*time.Millisecond, func() { content.Close() })
		if _, err := content.Read(make([]byte, 1)); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("%v", err)
		}
	})
}
