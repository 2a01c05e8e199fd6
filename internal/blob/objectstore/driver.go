package objectstore

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/checksum"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// Driver is one cloud's calls on one bucket.
// It sends, repeats what may be repeated, and returns what came back or what went wrong as it is: conditions, proofs and words are the
// Store's.
// It is safe for concurrent use.
//
// Its errors are those of package wire; where they are a client library's own, it is a Describer.
type Driver interface {
	// Reach tells how the bucket is reached.
	Reach() Reach

	// Conditions tells what the store does with each kind of condition.
	Conditions() Conditions

	// Head describes one object.
	Head(ctx context.Context, key string) (Found, error)

	// Get sends one request for an object, or for bytes of it.
	Get(ctx context.Context, key string, r Range, ifMatch string) (Response, error)

	// List sends one request for a page of at most q.Max objects, or of as many as the store gives.
	List(ctx context.Context, q blob.Query) (blob.Page, error)

	// Delete removes an object, or the version that is named.
	// An absent one may be an error.
	Delete(ctx context.Context, key, version string, guard Guard) error

	// Rewrite gives an object of at most Traits.CopyLimit bytes other attributes, under the condition that it is still the one that was
	// found, and keeps all else that the store tells about it.
	// The Written has the ModTime too.
	Rewrite(ctx context.Context, found Found, attrs blob.Attrs) (Written, error)

	// Upload prepares to write an object.
	// It sends nothing.
	Upload(ctx context.Context, to Target) (Upload, error)

	// AbortUpload throws an upload by parts away, by a request that is repeated unless once is set.
	// Whether one that does not exist is an error is told by Traits.Aborted.
	AbortUpload(ctx context.Context, key, id string, once bool) error
}

// Describer is a Driver whose client library has errors of its own.
type Describer interface {
	// Describe tells what an error of the client library is in the words of package wire: a *wire.RefusalError, a *wire.ExplainedError, or the error
	// as it is.
	// It may fill in the failure's Endpoint and RequestID.
	Describe(failure *blob.Error, err error) error
}

// Reach is how a bucket is reached.
type Reach struct {
	Endpoint string // scheme and host, for messages; "": that of each request
	Account  string // what tells buckets of one name apart on this machine
}

// Found is an object as the store described it.
type Found struct {
	blob.Info

	Raw any // the driver's own: what Rewrite and Upload have to send again
}

// Range is a part of an object.
type Range struct {
	First  int64 // byte
	Length int64 // bytes; 0: to the end
}

// IsWhole reports whether it is all of the object.
func (r Range) IsWhole() bool { return r == Range{} }

// Header is the range as HTTP has it (RFC 9110, 14.1.2); "" for all of the object.
func (r Range) Header() string {
	switch {
	case r.Length > 0:
		return fmt.Sprintf("bytes=%d-%d", r.First, r.First+r.Length-1)
	case r.First > 0:
		return fmt.Sprintf("bytes=%d-", r.First)
	}
	return ""
}

// Response is the answer to Get.
type Response struct {
	Info         blob.Info // its Size is that of the body, as the store announced it; less than 0: it did not
	Body         io.ReadCloser
	ContentRange string // the header of an answer to a Range
}

// Target is what an Upload writes.
type Target struct {
	Key        string
	Accelerate bool
	Kept       *Found // an object that is copied onto itself: what goes along; nil: none
}

// Upload is one object on its way.
type Upload interface {
	// Sums are what the store compares of what it is sent.
	Sums() checksum.Set

	// Put sends the whole object in one request.
	Put(ctx context.Context, body *multipart.Body, whole multipart.Whole, attrs blob.Attrs, guard Guard) (Written, error)

	// Begin starts an upload by parts, and returns its ID.
	Begin(ctx context.Context, begin Begin) (id string, err error)

	// Part sends one part and returns its ETag.
	Part(ctx context.Context, part multipart.Part) (etag string, err error)

	// CopyPart has the store take one part from an object of a bucket that is reached by the same settings, if that still has its ETag, and
	// returns the part's.
	CopyPart(ctx context.Context, bucket string, part multipart.CopiedPart) (etag string, err error)

	// Complete publishes the parts, which are in order.
	Complete(ctx context.Context, parts []multipart.Done, whole multipart.Whole, guard Guard) (Written, error)
}

// Begin is what an upload by parts starts with.
type Begin struct {
	Attrs    blob.Attrs
	IfAbsent bool // a store that can refuse here already may
	Copies   bool // all parts are copied
}

// Written is the answer to a write.
type Written struct {
	ETag      string
	VersionID string
	ModTime   time.Time // zero: the answer does not tell it
	At        time.Time // the store's clock as it answered; zero: it did not tell

	// Garbled says that the store reports other bytes than those that were sent, although it has published them; nil: it does not.
	Garbled error
}

// UploadLister is a Driver whose uploads by parts stay open when the process that began them is killed.
type UploadLister interface {
	// ListUploads sends one request, which is never repeated, for a page of the open uploads whose keys begin with a prefix, in the order
	// of their keys.
	ListUploads(ctx context.Context, prefix string, after Marker) (UploadPage, error)
}

// Marker is where the page before ended; the zero Marker is the beginning.
type Marker struct{ Key, ID string }

// UploadPage is a page of open uploads.
type UploadPage struct {
	Uploads []KeyedUpload
	Next    Marker    // the zero Marker: this was the last page
	Now     time.Time // by the store's clock; zero: it did not tell
}

// KeyedUpload is an open upload of one key.
type KeyedUpload struct {
	Key string
	blob.OpenUpload
}

// Traits are what is so for all buckets of a kind of store.
type Traits struct {
	Scheme string // of messages: "s3"

	// Names are the store's own for what a Driver sends.
	Names Names

	CopyLimit int64 // bytes of the largest object that Rewrite takes
	Limits    multipart.Limits
	InOrder   bool   // parts come one after another
	Aborted   string // the code for an upload that does not exist

	Meanings    map[string]wire.Meaning // by code
	Permissions map[string]string       // what each request needs, by its name
	Words       Words
}

// Names are those of a store's requests.
type Names struct {
	Head, Get, List, Delete, Rewrite, Put, Begin, Part, CopyPart, Complete, Abort, ListUploads string
}

// Words are what messages about a kind of store say.
type Words struct {
	NotAStore string // "the answer is not OSS's"
	NoStore   string // what to do about that
	Strange   string // what to do about an answer that does not fit
	Region    string // what to do about a bucket in another region
	Hints     wire.Hints
}
