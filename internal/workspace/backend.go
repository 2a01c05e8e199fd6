package workspace

import (
	"slices"
	"strings"
)

// Backend is a kind of store: what its URIs look like, and what has to be known of it before one is opened. The zero value of a field is
// what most stores have. This package knows none by name: package schemes has the table.
type Backend struct {
	Name    string   // of the provider's block with its settings: "s3"
	Title   string   // in messages: "S3"
	Schemes []string // that a URI may have for it, all for the same place; the first is the canonical one
	Form    string   // of its base URIs, for documents: "s3://bucket/prefix"

	Authority   Authority
	CheckBucket func(name string) error // its own rule for names of buckets, within that of this package; nil: none
	MaxKey      int                     // the longest key, in bytes; 0: longestKey

	// Local: the objects are files that the operating system opens by bucket and key, and one file may have two names.
	Local bool
	// SilentAttrs: a change of an object's attributes leaves its modification time as it was.
	SilentAttrs bool
	// CORSRuleIDs: a CORS rule has an ID, by which it is found again whatever was changed in it.
	CORSRuleIDs bool
}

// String is the backend's name.
func (b *Backend) String() string { return b.Name }

// Authority is what stands in a URI between "://" and the next slash.
type Authority int

const (
	// Bucket is the name of a bucket; the path is that of a key in it.
	Bucket Authority = iota
	// NoAuthority is none: the path is that of a directory, which is the store.
	NoAuthority
)

// longestKey is the most that any store allows for a whole key, in bytes (S3 user guide, "Naming objects").
const longestKey = 1024

func (b *Backend) maxKey() int {
	if b.MaxKey == 0 {
		return longestKey
	}
	return b.MaxKey
}

// Backends is a table of kinds of stores, by which URIs are read. No scheme is in it twice.
type Backends []*Backend

// of is the backend that a scheme stands for; nil: none.
func (bs Backends) of(scheme string) *Backend {
	for _, backend := range bs {
		if slices.Contains(backend.Schemes, scheme) {
			return backend
		}
	}
	return nil
}

// Schemes are all schemes that a URI may have, sorted.
func (bs Backends) Schemes() []string {
	var schemes []string
	for _, backend := range bs {
		schemes = append(schemes, backend.Schemes...)
	}
	slices.Sort(schemes)
	return schemes
}

// known is the list for messages: "file://, s3://, …".
func (bs Backends) known() string { return strings.Join(bs.Schemes(), "://, ") + "://" }
