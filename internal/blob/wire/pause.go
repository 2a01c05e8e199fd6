package wire

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// Pause is how long to wait before a request is sent again: first before the first repetition (attempt 0), twice as long before each further
// one, and longest at the most. Up to a half of it is taken off by chance, as many clients may wait for one server.
func Pause(first, longest time.Duration, attempt int) time.Duration {
	pause := min(first<<min(attempt, 16), longest)
	return pause/2 + rand.N(pause/2+1) //nolint:gosec // a pause is no secret
}

// RetryAfter is what a server asks for, in seconds or as a date (RFC 9110, 10.2.3), and longest at the most; 0 where it asks for nothing.
func RetryAfter(header http.Header, longest time.Duration) time.Duration {
	text := header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil {
		return time.Duration(min(max(seconds, 0), int(longest/time.Second))) * time.Second
	}
	if date, err := http.ParseTime(text); err == nil {
		return min(max(time.Until(date), 0), longest)
	}
	return 0
}

// Sleep ends with the context, and then with its error.
func Sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
