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

	// SetCORS replaces all rules. No rules: the configuration is deleted.
	SetCORS(ctx context.Context, config CORSConfig) error
}
