package faultmatrix

import (
	"context"
	"io"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
)

// operation is something that is done to a bucket.
type operation struct {
	name        string
	fails       bool                                                        // also without a fault
	before      func(w *world)                                              // what is there; nil: an empty bucket
	do          func(ctx context.Context, w *world, store blob.Store) error // through the fault
	after       func(w *world, err error)                                   // what may be there then
	again       func(ctx context.Context, w *world, store blob.Store) error // the next run, without a fault; nil: do
	done        func(w *world)                                              // what must be there in the end
	commit      string                                                      // the request that publishes an object whose writer looks what became of it
	reads       string                                                      // the request whose answer is an object's bytes
	waits       bool                                                        // it pauses itself
	accelerates bool                                                        // it is about the switch of transfer acceleration
	fast        bool                                                        // it asks the accelerated endpoint
}

// operations are all that a store can do.
func operations(store blob.Store) []operation {
	return slices.Concat(writings(), readings(), changes(), listings(), bucketOperations(store))
}

const (
	key       = "vvp/artifacts/namespaces/default/job+1 ü.jar"
	sourceKey = "vvp/artifacts/namespaces/default/source.jar"
	smallSize = 1000
	readSize  = 200_000 // more than a connection holds in its buffers
)

// wrongHash is that of no bytes here.
var wrongHash = blob.Hash{1, 2, 3}

// oldBytes and newBytes are what is there before, and what is to be there.
func oldBytes(size int64) []byte { return patterns.of(1, size) }
func newBytes(size int64) []byte { return patterns.of(2, size) }

var patterns = &pool{made: map[[2]int64][]byte{}}

// pool makes each bytes once, as thousands of cells want the same.
type pool struct {
	mu   sync.Mutex
	made map[[2]int64][]byte
}

func (p *pool) of(seed byte, size int64) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := [2]int64{int64(seed), size}
	if p.made[at] == nil {
		p.made[at] = make([]byte, size)
		rand.NewChaCha8([32]byte{seed}).Read(p.made[at])
	}
	return p.made[at]
}

// puts publishes bytes through the direct store.
func (w *world) puts(key string, data []byte) blob.Info {
	w.t.Helper()
	info, _, err := blob.Put(w.t.Context(), w.direct, key, blobtest.BytesSource(data), nil, blob.PutOptions{Attrs: blob.Attrs{Owner: "before"}})
	if err != nil {
		w.t.Fatal(err)
	}
	return info
}

// holds checks behind the store that an object is one of those, whole; nil stands for none.
func (w *world) holds(key string, allowed ...[]byte) {
	w.t.Helper()
	data, there := w.b.Read(w.t, w.bucket, key)
	for _, want := range allowed {
		if there == (want != nil) && *blobtest.Sum(data) == *blobtest.Sum(want) {
			return
		}
	}
	w.t.Errorf("%q: there %t, %d bytes with %s, which is none of the %d that it may be", key, there, len(data), blobtest.Sum(data), len(allowed))
}

// becomes checks that an object is the new one after a success, and the old or the new one after a failure.
func (w *world) becomes(err error, before, after []byte) {
	w.t.Helper()
	if err == nil {
		w.holds(key, after)
		return
	}
	w.holds(key, before, after)
}

func publish(ctx context.Context, store blob.Store, src blob.Source, want *blob.Hash, cond blob.Cond) error {
	_, _, err := blob.Put(ctx, store, key, src, want, blob.PutOptions{Cond: cond, Attrs: blob.Attrs{Owner: "me"}})
	return err
}

func sizeOf(large bool, whenLarge int64) int64 {
	if large {
		return whenLarge
	}
	return smallSize
}

// writings publish an object.
func writings() []operation {
	var all []operation
	for _, large := range []bool{false, true} {
		name, commit := "put", "PUT"
		if large {
			name, commit = "put by parts", "POST uploadId"
		}
		source := func(w *world) blob.Source { return blobtest.BytesSource(newBytes(sizeOf(large, w.b.LargeSize))) }
		want := func(w *world) *blob.Hash { return blobtest.Sum(newBytes(sizeOf(large, w.b.LargeSize))) }
		again := func(ctx context.Context, w *world, store blob.Store) error {
			return publish(ctx, store, source(w), want(w), blob.Cond{})
		}
		done := func(w *world) { w.holds(key, newBytes(sizeOf(large, w.b.LargeSize))) }
		plant := func(w *world) { w.seen = w.puts(key, oldBytes(smallSize)) }
		all = append(all,
			operation{
				name: name + ", new", commit: commit, again: again, done: done,
				do: func(ctx context.Context, w *world, store blob.Store) error {
					return publish(ctx, store, source(w), want(w), blob.Cond{IfAbsent: true})
				},
				after: func(w *world, err error) { w.becomes(err, nil, newBytes(sizeOf(large, w.b.LargeSize))) },
			},
			operation{
				name: name + ", over another", commit: commit, again: again, done: done, before: plant,
				do: func(ctx context.Context, w *world, store blob.Store) error {
					return publish(ctx, store, source(w), want(w), blob.Cond{IfMatch: w.seen.ETag})
				},
				after: func(w *world, err error) { w.becomes(err, oldBytes(smallSize), newBytes(sizeOf(large, w.b.LargeSize))) },
			},
		)
	}
	return append(all, theWrongBytes(), copying(false), copying(true))
}

// theWrongBytes come to nothing: their upload is begun and aborted, so that the abort is broken too.
func theWrongBytes() operation {
	old := func(*world) []byte { return oldBytes(smallSize) }
	return operation{
		name: "put by parts, of the wrong bytes", fails: true,
		before: func(w *world) { w.seen = w.puts(key, old(w)) },
		do: func(ctx context.Context, w *world, store blob.Store) error {
			return publish(ctx, store, blobtest.BytesSource(newBytes(w.b.LargeSize)), &wrongHash, blob.Cond{IfMatch: w.seen.ETag})
		},
		after: func(w *world, _ error) { w.holds(key, old(w)) },
		done:  func(w *world) { w.holds(key, old(w)) },
	}
}

// copying has the store copy an object, after its bytes were read once: by parts even where there is but one, as one request alone would
// overwrite whatever is there.
func copying(large bool) operation {
	name := "copy in one part"
	if large {
		name = "copy by parts"
	}
	data := func(w *world) []byte { return newBytes(sizeOf(large, w.b.LargeSize)) }
	do := func(cond blob.Cond) func(ctx context.Context, w *world, store blob.Store) error {
		return func(ctx context.Context, w *world, store blob.Store) error {
			return publish(ctx, store, blobtest.StoredSource(store, sourceKey, nil), blobtest.Sum(data(w)), cond)
		}
	}
	return operation{
		name: name, commit: "POST uploadId", reads: "GET",
		before: func(w *world) { w.puts(sourceKey, data(w)) },
		do:     do(blob.Cond{IfAbsent: true}),
		again:  do(blob.Cond{}),
		after: func(w *world, err error) {
			w.becomes(err, nil, data(w))
			w.holds(sourceKey, data(w))
		},
		done: func(w *world) { w.holds(key, data(w)) },
	}
}

// readings change nothing.
func readings() []operation {
	plant := func(w *world) { w.seen = w.puts(key, oldBytes(readSize)) }
	untouched := func(w *world, _ error) { w.holds(key, oldBytes(readSize)) }
	done := func(w *world) { untouched(w, nil) }
	return []operation{
		{
			name: "head", before: plant, after: untouched, done: done,
			do: func(ctx context.Context, w *world, store blob.Store) error {
				info, err := store.Head(ctx, key)
				if err == nil && (info.ETag != w.seen.ETag || info.Size != readSize || info.Owner() != "before") {
					w.t.Errorf("it describes %+v, and there is %+v", info, w.seen)
				}
				return err
			},
		},
		{
			name: "read", before: plant, after: untouched, done: done, reads: "GET",
			do: func(ctx context.Context, w *world, store blob.Store) error {
				return reads(ctx, store, blob.ReadOptions{IfMatch: w.seen.ETag}, oldBytes(readSize))
			},
		},
		{
			name: "read a range", before: plant, after: untouched, done: done, reads: "GET",
			do: func(ctx context.Context, _ *world, store blob.Store) error {
				return reads(ctx, store, blob.ReadOptions{Offset: 100, Length: 1000}, oldBytes(readSize)[100:1100])
			},
		},
	}
}

// reads compares the bytes as everybody does who reads an object: by their hash.
func reads(ctx context.Context, store blob.Store, opts blob.ReadOptions, want []byte) error {
	object, err := store.Open(ctx, key, opts)
	if err != nil {
		return err
	}
	defer object.Close()
	data, err := io.ReadAll(object)
	if err != nil {
		return err
	}
	if got := blobtest.Sum(data); *got != *blobtest.Sum(want) {
		return &blob.MismatchError{Want: *blobtest.Sum(want), Got: *got, Size: int64(len(data))}
	}
	return nil
}

// changes leave the bytes of an object as they are, or take it away.
func changes() []operation {
	var all []operation
	for _, large := range []bool{false, true} {
		name := "attributes"
		if large {
			name = "attributes by parts"
		}
		change := func(cond func(w *world) blob.Cond) func(ctx context.Context, w *world, store blob.Store) error {
			return func(ctx context.Context, w *world, store blob.Store) error {
				_, err := store.SetAttrs(ctx, key, cond(w), func(attrs *blob.Attrs) {
					attrs.Owner, attrs.Metadata = "me", map[string]string{"team": "payments"}
				})
				return err
			}
		}
		all = append(all, operation{
			name:   name,
			before: func(w *world) { w.seen = w.puts(key, oldBytes(sizeOf(large, w.b.CopiedSize))) },
			do:     change(func(w *world) blob.Cond { return blob.Cond{IfMatch: w.seen.ETag} }),
			again:  change(func(*world) blob.Cond { return blob.Cond{} }),
			after: func(w *world, err error) {
				w.holds(key, oldBytes(sizeOf(large, w.b.CopiedSize)))
				w.owned(err == nil)
			},
			done: func(w *world) {
				w.holds(key, oldBytes(sizeOf(large, w.b.CopiedSize)))
				w.owned(true)
			},
		})
	}
	return append(all, operation{
		name:   "delete",
		before: func(w *world) { w.seen = w.puts(key, oldBytes(smallSize)) },
		do: func(ctx context.Context, w *world, store blob.Store) error {
			return store.Delete(ctx, key, blob.Cond{IfMatch: w.seen.ETag})
		},
		again: func(ctx context.Context, _ *world, store blob.Store) error {
			return store.Delete(ctx, key, blob.Cond{})
		},
		after: func(w *world, err error) { w.becomes(err, oldBytes(smallSize), nil) },
		done:  func(w *world) { w.holds(key, nil) },
	})
}

// owned checks the attributes: all of the old ones, or all of the new ones.
func (w *world) owned(must bool) {
	w.t.Helper()
	info, err := w.direct.Head(w.t.Context(), key)
	if err != nil {
		w.t.Fatal(err)
	}
	team := info.Attrs.Metadata["team"]
	if isNew, isOld := info.Owner() == "me" && team == "payments", info.Owner() == "before" && team == ""; !isNew && (must || !isOld) {
		w.t.Errorf("the attributes are %+v", *info.Attrs)
	}
}
