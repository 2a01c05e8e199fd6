package multipart

import (
	"context"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// Upload is one object on its way to a backend. Put is called alone, or Begin once, Part concurrently, and then
// Complete or Abort. Errors are returned as they are.
type Upload interface {
	// Put sends the whole object in one request. It stores sums.SHA256 where the attributes have none.
	Put(ctx context.Context, body *Body, whole Whole, sums blob.Sums) (blob.Info, error)

	// Begin starts an upload by parts. After an error there is nothing to abort.
	Begin(ctx context.Context) error

	// Part sends one part and returns its ETag.
	Part(ctx context.Context, part Part) (string, error)

	// Complete publishes the parts, which are in order.
	Complete(ctx context.Context, parts []Done, whole Whole) (blob.Info, error)

	// Abort throws the parts away. An upload that is gone already is no error.
	Abort(ctx context.Context) error
}

// Copier is an Upload that can also take its parts from an object of the store: then BeginCopy is called in place of Begin, and CopyPart in
// place of Part. Nobody here knows the checksums of such parts: Complete is given zeros for all of them.
type Copier interface {
	Upload

	// CanCopy is that of blob.CopyStage.
	CanCopy(from blob.Store) bool

	// BeginCopy is Begin for an upload whose parts are all copied from one object.
	BeginCopy(ctx context.Context, from blob.Store, object blob.Info) error

	// CopyPart lets the store copy one part, and returns its ETag. An object that is another by now, or gone, is blob.ErrSourceChanged; a
	// store that does not copy is errors.ErrUnsupported.
	CopyPart(ctx context.Context, part CopiedPart) (string, error)
}

// CopiedPart is a part that is about to be copied.
type CopiedPart struct {
	Number        int32 // from 1
	From          blob.Store
	Object        blob.Info // of From; its ETag is the condition
	First, Length int64     // bytes
}

// Part is a part that is about to be sent.
type Part struct {
	Number int32 // from 1
	Body   *Body
	Sums   blob.PartSums // SHA256 and CRC64ECMA only with the Options of these names
}

// Done is a part that has been sent, or copied.
type Done struct {
	Number    int32
	ETag      string
	Size      int64 // bytes
	CRC64NVME uint64
	CRC64ECMA uint64 // zero unless Options.CRC64ECMA
}

// Whole describes all bytes together.
type Whole struct {
	Size      int64 // bytes
	CRC64NVME uint64
	CRC64ECMA uint64 // zero unless Options.CRC64ECMA
}

// Options of a stage.
type Options struct {
	Size   int64 // bytes; -1: not known yet
	SHA256 bool  // the backend signs the SHA-256 of each part: then the server compares it, and Body only the CRC
	// CRC64ECMA: the backend compares CRC-64/ECMA with what the server says it has. Body does not take it: CRC64NVME, which it compares,
	// costs a fiftieth.
	CRC64ECMA bool
	Budget    *Budget
	CopyPart  int64 // bytes of a copied part, unless the object is too large for as many of them; only for a Copier

	// Sweep is called before the first request, to throw away what earlier writes left. It cannot fail. nil: there is nothing to do.
	Sweep func(ctx context.Context, byParts bool)

	// Begun is called when the upload has begun, before its first part, and what it returns when there is no such upload any more: after it
	// was completed, or aborted. nil: nobody wants to know.
	Begun func() (ended func())
}
