package wire

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestRetryAfter(t *testing.T) {
	const longest = 30 * time.Second
	for text, want := range map[string]time.Duration{
		"":                    0,
		"7":                   7 * time.Second,
		"-1":                  0,
		"999":                 longest,
		"9223372036854775807": longest,
		time.Now().Add(time.Hour).UTC().Format(http.TimeFormat):       longest,
		time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat):      0,
		time.Now().Add(9 * time.Second).UTC().Format(http.TimeFormat): 8 * time.Second,
		"soon": 0,
	} {
		got := RetryAfter(http.Header{"Retry-After": {text}}, longest)
		if got < want-2*time.Second || got > want+2*time.Second || got < 0 || got > longest {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// Pauses grow, up to a limit, and are not the same for all.
func TestPause(t *testing.T) {
	const first, longest = 200 * time.Millisecond, 10 * time.Second
	seen := map[time.Duration]bool{}
	for attempt := range 50 {
		limit := min(first<<min(attempt, 16), longest)
		pause := Pause(first, longest, attempt)
		if pause < limit/2 || pause > limit {
			t.Errorf("attempt %d: %s", attempt, pause)
		}
		seen[pause] = true
	}
	if len(seen) < 40 {
		t.Errorf("50 pauses are %d different ones", len(seen))
	}
}

func TestSleepEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if err := Sleep(t.Context(), time.Hour); err != nil || time.Since(start) != time.Hour {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := Sleep(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Hour+time.Minute {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}
