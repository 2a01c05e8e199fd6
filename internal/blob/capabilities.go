package blob

import (
	"context"
	"time"
)

// What only some stores can do. A caller asks the table of schemes (package schemes), which knows without opening a
// store, or asserts the type of an open Store.

// Presigner makes URLs that carry their own signature.
type Presigner interface {
	// Presign returns a URL that allows one HTTP method (GET, HEAD, PUT or DELETE) on a key until ttl has passed. It is a secret.
	Presign(ctx context.Context, method, key string, ttl time.Duration) (string, error)
}

// CORSConfigurer reads and replaces the rules by which browsers may use a bucket from other origins.
type CORSConfigurer interface {
	// CORS returns the bucket's rules in their order; a bucket that never had any has none, and that is no error.
	CORS(ctx context.Context) (CORSConfig, error)

	// SetCORS replaces all rules, by one request that is never repeated. No rules: the configuration is deleted.
	SetCORS(ctx context.Context, config CORSConfig) error
}

// Accelerator switches a bucket's transfer acceleration: an endpoint near the sender, from where the bytes go on through the cloud's own
// network. A store that can do it honours WriteOptions.Accelerate.
type Accelerator interface {
	// Acceleration reports whether it is on. A bucket for which it was never set, and one whose region or store has none, reads as off.
	Acceleration(ctx context.Context) (bool, error)

	// SetAcceleration switches it. On where the region or the store has none is errors.ErrUnsupported; off there is no error.
	// The clouds need up to 30 minutes until it takes effect.
	SetAcceleration(ctx context.Context, on bool) error

	// AccelerationEndpoint is where the bucket is reached then, scheme and host: "https://acme.oss-accelerate.aliyuncs.com". It asks nothing.
	AccelerationEndpoint(ctx context.Context) (string, error)

	// TryAcceleration sends one small request that changes nothing to that endpoint. ErrNotAccelerated: not yet.
	TryAcceleration(ctx context.Context) error
}

// CopyStage is a Stage that can take what another object of the same store has, without its bytes passing through here. A stage is fed by
// CopyFrom alone, or by Write or SendAt.
type CopyStage interface {
	Stage

	// CanCopy reports whether from is a store that it can copy from: the same kind, at the same endpoint, with the same credentials. It asks nothing.
	CanCopy(from Store) bool

	// CopyFrom copies all of the object that info describes, under the condition that its ETag is still that one: else
	// ErrSourceChanged. Its Commit publishes it. A store that refuses to copy at all is errors.ErrUnsupported: then the object is to be
	// written, into another stage.
	CopyFrom(ctx context.Context, from Store, info Info) error
}

// StoredHasher is a Store that computes SHA-256 itself.
type StoredHasher interface {
	// StoredHash returns the SHA-256 that the store took of all bytes of the object as it was written; nil where it took none, or of the parts
	// alone. It is no metadata, which whoever writes an object can make up.
	StoredHash(ctx context.Context, info Info) (*Hash, error)
}

// UploadSweeper is a Store whose uploads by parts stay open when the process that began them is killed, and take up room that is paid for.
type UploadSweeper interface {
	// OpenUploads lists the uploads of exactly this key that were begun and neither completed nor aborted, by whomever: those of other keys that
	// begin with it are left out. It may leave out some where there are thousands. It asks once, and not again after a failure.
	OpenUploads(ctx context.Context, key string) (OpenUploads, error)

	// AbortUpload throws away one of them. One that is gone already is no error. It asks once, too.
	AbortUpload(ctx context.Context, key, id string) error
}

// OpenUploads are the open uploads of one key.
type OpenUploads struct {
	Uploads []OpenUpload
	Now     time.Time // by the store's own clock, where it tells; else by ours
}

// OpenUpload is an upload that was begun.
type OpenUpload struct {
	ID    string
	Begun time.Time // by the store's clock; zero: it does not tell
}
