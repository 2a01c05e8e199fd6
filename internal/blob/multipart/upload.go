package multipart

import (
	"context"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/checksum"
)

// Upload is one object on its way to a store.
// Put is called alone, or Begin once, then Part, concurrently unless Options.InOrder is set, and then Complete or Abort.
// Errors are returned as they are.
type Upload interface {
	// Put sends the whole object in one request.
	// It stores sums.SHA256 where the attributes have none.
	Put(ctx context.Context, body *Body, whole Whole, sums blob.Sums) (blob.Info, error)

	// Begin starts an upload by parts.
	// After an error there is nothing to abort.
	Begin(ctx context.Context) error

	// Part sends one part and returns its ETag.
	Part(ctx context.Context, part Part) (string, error)

	// Complete publishes the parts, which are in order.
	Complete(ctx context.Context, parts []Done, whole Whole) (blob.Info, error)

	// Abort throws the parts away.
	// An upload that does not exist any more is no error.
	Abort(ctx context.Context) error
}

// Copier is an Upload that can also take its parts from an object of the store: then BeginCopy is called in place of Begin, and CopyPart in
// place of Part.
type Copier interface {
	Upload

	// CanCopy is that of blob.CopyStage.
	CanCopy(from blob.Store) bool

	// BeginCopy is Begin for an upload whose parts are all copied from one object.
	BeginCopy(ctx context.Context, from blob.Store, object blob.Info) error

	// CopyPart lets the store copy one part, and returns its ETag.
	// An object that is another by now, or does not exist, is blob.ErrSourceChanged; a store that does not copy is errors.ErrUnsupported.
	CopyPart(ctx context.Context, part CopiedPart) (string, error)
}

// CopiedPart is a part that is about to be copied.
type CopiedPart struct {
	Number        int32     // from 1
	Object        blob.Info // its ETag is the condition
	First, Length int64     // bytes
}

// Part is a part that is about to be sent.
type Part struct {
	Number int32 // from 1
	Offset int64 // of its first byte in the object
	Body   *Body
	Sums   checksum.Sums // those of Options.Sums, and CRC64NVME
}

// Done is a part that has been sent, or copied.
type Done struct {
	Number int32
	ETag   string
	Size   int64         // bytes
	Sums   checksum.Sums // those of the Part; zero for a copied one
}

// Whole describes all bytes together.
type Whole struct {
	Size int64         // bytes
	Sums checksum.Sums // those of Options.Sums, and CRC64NVME; an upload by parts has no SHA256

	// Copied says that all parts were copied, so that nobody here knows the Sums.
	Copied bool
}

// Limits are a store's own.
type Limits struct {
	MaxParts int32 // of one upload; 0: DefaultMaxParts
	CopyPart int64 // bytes of a copied part, unless the object is too large for as many of them; only for a Copier
}

// DefaultMaxParts is the limit of S3 and of OSS.
const DefaultMaxParts = 10_000

// Options of a stage.
type Options struct {
	Size   int64 // bytes; -1: not known yet
	Budget *Budget
	Limits Limits

	// Sums are what the store compares, besides CRC64NVME, which Body compares itself.
	// SHA256 is for stores that sign the payload's hash.
	Sums checksum.Set

	// InOrder is for stores that take the parts one after another: none is sent before the one in front of it was taken.
	InOrder bool

	// Sweep is called before the first request, to throw away what earlier writes left.
	// It cannot fail.
	// nil: there is nothing to do.
	Sweep func(ctx context.Context, byParts bool)

	// Begun is called when the upload has begun, before its first part, and what it returns when the upload does not exist any more: after it
	// was completed, or aborted.
	// nil: nobody wants to know.
	Begun func() (ended func())
}
