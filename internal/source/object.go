package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// Object is an object in a store. Its errors are *Error, with those of the store inside.
type Object struct {
	Store blob.Store
	Key   string
	Name  string // the URI as the user wrote it, for messages
}

var _ Remote = Object{}

func (o Object) String() string { return o.Name }

// Open sends one Head. Its Content is a blob.StoredContent: it reads the object that the Head described, or none.
func (o Object) Open(ctx context.Context) (blob.Content, error) {
	info, err := o.head(ctx)
	if err != nil {
		return nil, err
	}
	return &objectContent{ctx: ctx, object: o, info: info}, nil
}

// Describe sends one Head. Where the store keeps a time the text has its seconds, as HTTP writes it.
func (o Object) Describe(ctx context.Context) (Description, error) {
	info, err := o.head(ctx)
	if err != nil {
		return Description{}, err
	}
	return described(info), nil
}

// Ranges sends one Head, and an Open for each ReadAt.
func (o Object) Ranges(ctx context.Context) (Ranges, error) {
	info, err := o.head(ctx)
	if err != nil {
		return nil, err
	}
	return objectRanges{ctx: ctx, object: o, info: info}, nil
}

// head describes the object. An absent bucket answers a HEAD as an absent object does: the bucket itself says which it is. Who may not list was
// told by the store itself that the object is not there.
func (o Object) head(ctx context.Context) (blob.Info, error) {
	info, err := o.Store.Head(ctx, o.Key)
	if errors.Is(err, fs.ErrNotExist) {
		if reason := o.Store.Bucket(ctx); reason != nil && !errors.Is(reason, fs.ErrPermission) {
			err = reason
		}
	}
	if err != nil {
		return blob.Info{}, o.fail("", err)
	}
	return info, nil
}

// open reads what info describes, from an offset on; length 0: to the end. Not every store heeds If-Match.
func (o Object) open(ctx context.Context, info blob.Info, offset, length int64) (*blob.Object, error) {
	object, err := o.Store.Open(ctx, o.Key, blob.ReadOptions{Offset: offset, Length: length, IfMatch: info.ETag})
	if err != nil {
		return nil, err
	}
	if object.Info.ETag != info.ETag {
		object.Close()
		return nil, blob.ErrChanged
	}
	return object, nil
}

// fail says in the user's words where it happened, and in the store's what.
func (o Object) fail(what string, err error) *Error {
	failure := &Error{Source: o.Name, Message: what + err.Error(), Err: err}
	var told *blob.Error
	if errors.As(err, &told) {
		failure.Advice = told.Advice
	}
	if failure.Advice == "" && errors.Is(err, fs.ErrNotExist) {
		failure.Advice = "Check the name: there is no such object."
	}
	return failure
}

// changed is a failure of an object that is another than the one that was described, or gone. The store's own error is not inside: it would be
// taken for one about the object that is written.
func (o Object) changed(sentinel, cause error) *Error {
	return &Error{Source: o.Name, Message: fmt.Sprintf("it changed while it was read: %s", cause), Err: sentinel}
}

func isChanged(err error) bool {
	return errors.Is(err, blob.ErrChanged) || errors.Is(err, fs.ErrNotExist)
}

func described(info blob.Info) Description {
	d := Description{ETag: info.ETag, Size: info.Size}
	if !info.ModTime.IsZero() {
		d.LastModified = info.ModTime.UTC().Format(http.TimeFormat)
	}
	if info.Attrs != nil {
		d.ContentType = MediaType(info.Attrs.ContentType)
	}
	return d
}
