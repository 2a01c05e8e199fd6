package ossblob

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aliyun/credentials-go/credentials/providers"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// stub is a source that waits, counts and fails as it is told.
type stub struct {
	asked   atomic.Int32
	release chan struct{}
	err     error
}

func (s *stub) find() (*providers.Credentials, error) {
	s.asked.Add(1)
	if s.release != nil {
		<-s.release
	}
	if s.err != nil {
		return nil, s.err
	}
	return &providers.Credentials{AccessKeyId: fmt.Sprint("id-", s.asked.Load())}, nil
}

// Everybody waits for one lookup, and nobody longer than he wants.
func TestOneLookupAtATime(t *testing.T) {
	source := &stub{release: make(chan struct{})}
	release := sync.OnceFunc(func() { close(source.release) })
	defer time.AfterFunc(10*time.Second, release).Stop() // for a lookup that does not obey
	ring := newKeyring(Config{})
	ring.source = source
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if err := ring.refresh(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
		})
	}
	time.Sleep(10 * time.Millisecond)
	cancel()
	all.Wait() // although the lookup has not ended
	for range 50 {
		all.Go(func() {
			if err := ring.refresh(t.Context()); err != nil {
				t.Errorf("%v", err)
			}
		})
	}
	time.Sleep(10 * time.Millisecond)
	release()
	all.Wait()
	if n := source.asked.Load(); n != 1 {
		t.Errorf("looked up %d times", n)
	}
}

// Credentials that cannot be renewed are used as long as they are surely good.
func TestRenewalThatFails(t *testing.T) {
	now := time.Now()
	ring := newKeyring(Config{SharedCredentialsFile: "/nonexistent"})
	ring.now = func() time.Time { return now }
	source := &stub{}
	ring.source = source
	step := func(after time.Duration) (string, error) {
		now = now.Add(after)
		if err := ring.refresh(t.Context()); err != nil {
			return "", err
		}
		return ring.GetCredentials().GetAccessKeyID(), nil
	}
	for _, want := range []struct {
		after time.Duration
		id    string
	}{{0, "id-1"}, {lookEvery - time.Second, "id-1"}, {2 * time.Second, "id-2"}} {
		if id, err := step(want.after); id != want.id || err != nil {
			t.Errorf("%q, %v; want %q", id, err, want.id)
		}
	}
	source.err = errors.New("down")
	if id, err := step(time.Minute); id != "id-2" || err != nil {
		t.Errorf("%q, %v", id, err)
	}
	var failure *wire.ExplainedError
	if id, err := step(2 * time.Minute); !errors.As(err, &failure) || !errors.Is(failure.Err, blob.ErrCredentials) {
		t.Errorf("%q, %v", id, err)
	}
}
