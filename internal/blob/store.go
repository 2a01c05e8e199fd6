// Package blob is the waist between the Terraform face and the object stores: what a store must do,
// and Put, the only way in which an object is published.
//
// Errors are those of package io/fs and the sentinels in errors.go, wrapped in *Error by the backends.
package blob

import (
	"context"
	"io"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/checksum"
)

// Store is one bucket (or one directory of a file system). Keys are whole keys in UTF-8, separated by
// "/", without a leading slash. A key that ends in "/" names a directory marker: an empty object in an
// object store, a real directory in a file system.
//
// A Store is safe for concurrent use. Every method obeys its context, and does no more than its name says.
type Store interface {
	// Bucket returns nil when the bucket is there and answers in the store's own protocol. It returns
	// ErrNoBucket when the store itself said that there is no such bucket; anything that leaves a doubt
	// (access denied, a redirect, a page of HTML) is another error. It is how "gone" is told from "wrong address".
	Bucket(ctx context.Context) error

	// Head describes one object. The Info has Attrs, unless the store has no place for them. An absent key is fs.ErrNotExist; an absent bucket may be
	// too, since object stores answer a HEAD without a body: ask Bucket.
	Head(ctx context.Context, key string) (Info, error)

	// Open reads an object, or the range that the options name. The caller closes the Object. With IfMatch, an
	// object that has another ETag by now is ErrChanged. A body cut short is an error of Read, never io.EOF.
	Open(ctx context.Context, key string, opts ReadOptions) (*Object, error)

	// Stage begins to write an object. Nothing is visible under the key, and nothing that is there changes,
	// until Commit returns nil. The context governs the whole stage but Commit's last request and Abort.
	// Every stage ends in a call of Abort, or in a Commit that returned nil.
	Stage(ctx context.Context, key string, opts WriteOptions) (Stage, error)

	// SetAttrs changes what is told about an object without sending its bytes. It reads the attributes, lets edit
	// change them, and writes back all of them, those that this package does not know (cache control, storage
	// class, encryption, tags) included. Cond.IfMatch holds from the reading on; IfAbsent is no condition here.
	// The Info has the new ETag and the new Attrs. An edit that changes nothing sends nothing.
	SetAttrs(ctx context.Context, key string, cond Cond, edit func(*Attrs)) (Info, error)

	// Delete removes the object, in a versioned bucket by a delete marker and no more. An absent key is no error,
	// unless Cond.IfMatch is set and the store says so. A directory that holds something is fs.ErrExist.
	Delete(ctx context.Context, key string, cond Cond) error

	// List returns one page of the objects below a prefix in byte order of their keys. The Infos have no Attrs.
	List(ctx context.Context, q Query) (Page, error)
}

// Stage is an object on its way. Only package blob calls Commit, in Put, so that no unverified byte is published.
type Stage interface {
	io.Writer

	// Commit publishes what was written under the key. It checks the context before its last request; once that is
	// sent, the request runs under a deadline of its own. A condition that does not hold is ErrChanged (IfMatch)
	// or fs.ErrExist (IfAbsent). After an error it may be unknown whether the object is there: Put settles that.
	// Where the attributes have no SHA256 yet it stores sums.SHA256 beside the object, unless it is too late for that, as it is in an upload by
	// parts, or the store keeps none. The Info has the Attrs that were written, and so tells.
	Commit(ctx context.Context, sums Sums) (Info, error)

	// Abort throws away what was written. It waits for the parts in flight first. It may be called more than
	// once, and does nothing after a Commit that returned nil.
	Abort(ctx context.Context) error
}

// PartStage is a Stage that can also take parts straight from a file, without holding them in memory. A stage is
// fed by Write or by SendAt, not by both.
type PartStage interface {
	Stage

	// Parts says how the parts should be cut and which sums SendAt needs. A small object may be one part. Parts that are not wanted
	// at all have Size 0: then the object is to be written.
	Parts() PartPlan

	// SendAt sends length bytes at offset of r. Parts come in order and without gaps, all of them PartPlan.Size
	// long but the last. It returns as soon as there is room for the next part, so its error may be that of an
	// earlier one. The sums are those of the bytes as they were hashed ahead: a part that reads
	// differently while it is sent is ErrSourceChanged.
	SendAt(r io.ReaderAt, offset, length int64, sums checksum.Sums) error
}

// PartPlan is how a PartStage wants its parts.
type PartPlan struct {
	Size int64        // bytes of each part but the last; 0: no parts, Write instead
	Sums checksum.Set // what SendAt needs of each part
}

// Sums are the checksums of a whole object.
type Sums struct {
	SHA256 Hash
	Size   int64 // bytes
}

// Cond is a condition on what is in the store when an object is written or deleted. The zero Cond is none.
type Cond struct {
	IfMatch  string // the ETag that the present object must have; "": any
	IfAbsent bool   // there must be no object

	// Seen is when the caller found, by a Head, that the condition holds; zero: it did not look. A store that knows no such condition
	// looks itself just before it writes, unless the caller did just now.
	Seen time.Time
}

// seenJustNow is how long a look counts. The request that it comes before takes as long itself.
const seenJustNow = time.Second

// SeenJustNow says that a further look would tell nothing new.
func (c Cond) SeenJustNow() bool { return !c.Seen.IsZero() && time.Since(c.Seen) < seenJustNow }

// ReadOptions narrow a reading. The zero value reads the whole object.
type ReadOptions struct {
	Offset  int64  // first byte
	Length  int64  // bytes; 0: to the end
	IfMatch string // the ETag that the object must have; "": any
}

// WriteOptions describe an object that is about to be written.
type WriteOptions struct {
	Cond  Cond
	Attrs Attrs
	Size  int64 // bytes; -1: not known yet

	// Accelerate sends the bytes through the bucket's acceleration endpoint, and all other requests where they always go.
	// A store that is no Accelerator ignores it; one whose acceleration is off fails with ErrNotAccelerated.
	Accelerate bool
}

// Info is what a store tells about one object.
type Info struct {
	Key       string
	Size      int64     // bytes
	ETag      string    // opaque, without quotes; it is no hash of the bytes
	VersionID string    // "" in a bucket without versions
	ModTime   time.Time // as precise as the store tells it, UTC; zero: this call cannot tell
	// Written is the store's own clock, in whole seconds, when it answered the write that this Info comes from: the object's ModTime,
	// which that answer does not tell, is not after it. Zero: it was no write, or the store does not tell.
	Written time.Time
	Attrs   *Attrs // nil: this call cannot tell
}

// Owner is the token of the state that owns the object; "" where there is none, or the call could not tell.
func (i Info) Owner() string {
	if i.Attrs == nil {
		return ""
	}
	return i.Attrs.Owner
}

// Attrs are the attributes of an object that can change while its bytes stay.
type Attrs struct {
	ContentType string            // "": the store's own default
	Metadata    map[string]string // without the two entries that the next fields stand for; keys in lower case
	Owner       string            // the token of the state that owns the object; "": written by somebody else
	SHA256      *Hash             // the hash stored beside the object; nil: none
}

// Object is an open object.
type Object struct {
	io.ReadCloser
	Info Info // of the whole object, whatever range is read
}

// Query is a listing.
type Query struct {
	Prefix    string
	Delimiter string // "" or "/": with "/", deeper keys are gathered in Page.Prefixes
	Token     string // Page.Next of the page before
	Max       int    // entries of the page at the most; 0: as many as the store gives in one
}

// Page is one page of a listing.
type Page struct {
	Infos    []Info
	Prefixes []string // with a delimiter: the prefixes that end in it
	Next     string   // "": this was the last page
}
