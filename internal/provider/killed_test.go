package provider_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// These tests kill the provider's process (SIGKILL) while the real Terraform applies several artifacts, 50 times, or with -short 12 times: half of
// the time as they are created, half as they get other bytes. Nothing but whole objects, old or new, is ever visible; the next apply brings all of them to the
// right bytes; and after it nothing is left of what the killed process was sending.

// phase is what a kill met, as it is seen behind the store.
type phase string

const (
	before  phase = "before the first object" // of this apply
	flight  phase = "in the middle of a file"
	between phase = "between two files"
	after   phase = "after the last object"
)

func TestKilledProvider(t *testing.T) {
	for name, c := range map[string]struct {
		in    func(t *testing.T) killedPlace
		kills int
	}{
		"s3":   {killedInBucket, unlessShort(22, 4)},
		"oss":  {killedInOSS, unlessShort(14, 4)},
		"file": {killedInDirectory, unlessShort(14, 4)},
	} {
		if withOpenTofu() && name != "file" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newKiller(t, c.in(t)).run(c.kills)
		})
	}
}

// killer applies, kills and looks.
type killer struct {
	t *testing.T
	killedPlace
	root
	source  string
	random  *rand.Rand
	names   []string
	sizes   map[string]int
	version map[string]byte // of what the workspace has; 0: nothing
	latest  byte            // of the sources

	whole    time.Duration // what an apply takes
	requests int           // of it
	phases   map[phase]int
	left     int // uploads of earlier rounds
	unnamed  int // uploads that the killed process had no answer about yet
}

func newKiller(t *testing.T, p killedPlace) *killer {
	k := &killer{
		t: t, killedPlace: p, source: t.TempDir(), names: []string{"large.jar", "medium.jar", "small.py"},
		sizes:   map[string]int{"large.jar": 20 << 20, "medium.jar": 9 << 20, "small.py": 1000},
		version: map[string]byte{}, phases: map[phase]int{},
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	k.random = rand.New(rand.NewPCG(seed, 0))
	config := p.provider()
	for i, name := range k.names {
		config += artifact(fmt.Sprint("file", i), fromFile(filepath.Join(k.source, name)))
	}
	k.root = newRoot(t, config)
	// A cache of its own: this is about one machine, and one user.
	k.environment = append(k.environment, "HOME="+t.TempDir(), "XDG_CACHE_HOME="+t.TempDir())
	return k
}

// bytes are those of a version of a file.
func (k *killer) bytes(name string, version byte) []byte {
	if version == 0 {
		return nil
	}
	return bytes.Repeat([]byte{version}, k.sizes[name])
}

func inDefault(name string) string { return "artifacts/namespaces/default/" + name }

// next makes other sources, and takes away all that was there if they are to be created.
func (k *killer) next(create bool) {
	k.t.Helper()
	k.latest++
	for _, name := range k.names {
		writeFile(k.t, filepath.Join(k.source, name), string(k.bytes(name, k.latest)))
		if create && k.version[name] != 0 {
			k.remove(k.t, inDefault(name))
			k.version[name] = 0
		}
	}
	if create {
		if err := os.Remove(filepath.Join(k.directory, "terraform.tfstate")); err != nil && !os.IsNotExist(err) {
			k.t.Fatal(err)
		}
	}
}

func (k *killer) apply() *exec.Cmd {
	return k.command(k.t.Context(), "apply", "-auto-approve", "-input=false", "-no-color")
}

// measure does one apply in peace.
func (k *killer) measure() {
	k.t.Helper()
	k.next(true)
	start := time.Now()
	k.converges()
	k.whole = time.Since(start)
	if k.proxy != nil {
		k.requests = len(k.proxy.Requests())
	}
}

// converges applies, and checks all bytes.
func (k *killer) converges() {
	k.t.Helper()
	if output, err := k.apply().CombinedOutput(); err != nil {
		k.t.Fatalf("the apply after the kill: %v\n%s", err, output)
	}
	for _, name := range k.names {
		k.version[name] = k.latest
		if data, there := k.read(k.t, inDefault(name)); !there || !bytes.Equal(data, k.bytes(name, k.latest)) {
			k.t.Errorf("%s: there %t, %d bytes, SHA-256 %x", name, there, len(data), sha256.Sum256(data))
		}
	}
	left := k.uploads(k.t)
	if k.left = len(left); k.left == 0 {
		return
	}
	// Killed between the store's beginning of an upload and the answer with its ID. Such have no parts, and go by their age.
	k.unnamed += len(left)
	if n := k.parts(); n > 0 || k.proxy == nil {
		k.t.Errorf("left behind, with %d parts: %q", n, left)
	}
	k.age()
}

func (k *killer) run(kills int) {
	k.measure()
	// Some at least are to meet a file on its way.
	for i, tries := 0, 0; (i < kills || k.phases[flight] == 0) && !k.t.Failed(); tries++ {
		if tries > 6*kills {
			k.t.Fatalf("after %d tries these kills: %v", tries, k.phases)
		}
		k.next(i%2 == 0)
		if !k.killDuring(tries) {
			k.converges() // it was over before
			continue
		}
		i++
		k.phases[k.look()]++
		k.converges()
		if i%5 == 0 {
			if output := k.root.run(k.t, "plan", "-input=false", "-no-color"); !strings.Contains(output, "No changes") {
				k.t.Errorf("the plan after it all:\n%s", output)
			}
		}
	}
	k.next(false)
	k.converges()
	if left := k.uploads(k.t); len(left) > 0 {
		k.t.Errorf("in the end, and a day later, there is still %q", left)
	}
	k.t.Logf("kills: %v; %d uploads had no name yet; an apply takes %s and %d requests", k.phases, k.unnamed, k.whole, k.requests)
}

// look says what a kill met, and checks that every object is an old or a new one, whole.
func (k *killer) look() phase {
	k.t.Helper()
	written := 0
	for _, name := range k.names {
		data, there := k.read(k.t, inDefault(name))
		old := k.version[name]
		switch {
		case there && bytes.Equal(data, k.bytes(name, k.latest)):
			written++
			k.version[name] = k.latest
		case there != (old != 0) || !bytes.Equal(data, k.bytes(name, old)):
			k.t.Errorf("after the kill %s: there %t, %d bytes, SHA-256 %x", name, there, len(data), sha256.Sum256(data))
		}
	}
	switch {
	case len(k.uploads(k.t)) > k.left:
		return flight
	case written == 0:
		return before
	case written < len(k.names):
		return between
	}
	return after
}

// killDuring applies, and kills the provider at one of three kinds of moments: at a request, some time after one, or whenever it may be. It
// says whether the kill came before the end.
func (k *killer) killDuring(kind int) bool {
	k.t.Helper()
	apply := k.apply()
	var output bytes.Buffer
	apply.Stdout, apply.Stderr = &output, &output
	var killed atomic.Bool
	started := make(chan struct{})
	start := func() {
		if err := apply.Start(); err != nil {
			k.t.Fatal(err)
		}
		close(started)
	}
	var killing sync.Mutex
	kill := sync.OnceFunc(func() {
		<-started
		killing.Lock()
		defer killing.Unlock()
		killed.Store(killProvider(apply.Process.Pid))
	})
	var waiting sync.WaitGroup
	done := make(chan struct{})
	later := func(delay time.Duration) {
		waiting.Go(func() {
			select {
			case <-time.After(delay):
				kill()
			case <-done:
			}
		})
	}
	upTo := func(limit time.Duration) time.Duration { return time.Duration(k.random.Int64N(int64(limit))) }
	switch delay := upTo(100 * time.Millisecond); {
	case kind%4 == 3:
		start()
		later(upTo(k.whole))
	case k.proxy != nil:
		at, synchronous := int64(1+k.random.IntN(k.requests)), kind%2 == 0
		var seen atomic.Int64
		k.proxy.OnRequest(func(r *http.Request) {
			switch n := seen.Add(1); {
			case n == at && synchronous:
				kill()
			case n == at:
				later(delay)
			}
			if r.URL.Query().Has("partNumber") {
				time.Sleep(10 * time.Millisecond) // or it would be over before the kill
			}
		})
		start()
	default:
		start()
		waiting.Go(func() {
			for len(k.uploads(k.t)) == 0 {
				select {
				case <-done:
					return
				case <-time.After(time.Millisecond):
				}
			}
			time.Sleep(delay / 2)
			kill()
		})
	}
	err := apply.Wait()
	close(done)
	if k.proxy != nil {
		k.proxy.Clear()
	}
	waiting.Wait()
	killing.Lock() // one that a request has begun goes on looking through the processes
	defer killing.Unlock()
	var exit *exec.ExitError
	switch {
	case err != nil && !errors.As(err, &exit):
		k.t.Fatal(err)
	case err != nil && !killed.Load():
		k.t.Fatalf("the apply failed by itself:\n%s", &output)
	}
	return killed.Load() && err != nil
}
