package tree

import (
	"context"
	"io"
	"io/fs"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// Files is one base directory of a file system: of a local disk, or of a distributed one.
// Errors are those of package io/fs, an ObstacleError, or the file system's own, which Explain puts into words.
type Files interface {
	// Open opens the base directory for one operation. An absent one is fs.ErrNotExist, from Open or from the first use of the Dir.
	// With create it first makes the base and what is missing above it; if it fails, it removes what it has made.
	Open(ctx context.Context, create bool) (Dir, error)

	// Refuses returns why the file system allows no such name, in words that follow the name; "": it allows it.
	// The name has passed fs.ValidPath, and has no control characters.
	Refuses(name string) string

	// Explain returns why op, as in "write", failed on a key; "" is the base directory.
	// Its Err is a sentinel of package io/fs or blob where err stands for one.
	Explain(op, key string, err error) *blob.Error
}

// Dir is an open base directory. Names are slash-separated paths below it, and "." is the base itself.
// A missing name, and a missing parent, is fs.ErrNotExist; a parent that is a file is ErrParent.
type Dir interface {
	// Stat describes a name. It follows a symbolic link, where there are such.
	Stat(ctx context.Context, name string) (Info, error)

	// ReadDir calls visit with the entries of a directory, in any order, and returns its error or that of the reading.
	ReadDir(ctx context.Context, name string, visit func([]Entry) error) error

	// Open opens the file that Stat has just described as found.
	Open(ctx context.Context, name string, found Info) (File, error)

	// Create makes a file that does not exist yet, whose writing the context governs too.
	// Where files have locks, this one is held until Close.
	Create(ctx context.Context, name string) (File, error)

	// Rename moves a file within its directory. With replace it takes the place of another file.
	// Without, another file is fs.ErrExist; a file system that cannot refuse relies on the look that the caller has just taken.
	Rename(ctx context.Context, from, to string, replace bool) error

	// Mkdir makes one directory. A name that is taken, by whatever, is fs.ErrExist.
	Mkdir(ctx context.Context, name string) error
	// Remove removes a file.
	Remove(ctx context.Context, name string) error
	// Rmdir removes an empty directory; one with entries is fs.ErrExist.
	Rmdir(ctx context.Context, name string) error

	// RemoveAbandoned removes a temporary file whose writer has ended for certain.
	// Where that cannot be known, it removes one that was last written before the given time.
	RemoveAbandoned(ctx context.Context, name string, before time.Time) error

	// Sync makes these names outlive a crash, and those of the directories that Open has made.
	Sync(ctx context.Context, names []string) error

	// Unmake removes the directories that Open has made, as far as they are empty.
	Unmake(ctx context.Context)

	Close() error
}

// Info describes one name.
type Info struct {
	Type    fs.FileMode // the type bits alone; 0: a regular file
	Size    int64       // bytes
	ModTime time.Time   // UTC
	ETag    string      // of a file: changes with its bytes
}

// Entry is one name in a directory.
type Entry struct {
	Name string               // ends in "/": a directory itself, not a link to one
	Stat func() (Info, error) // until visit returns; a link that leads to no file is fs.ErrNotExist
}

// File is an open file.
type File interface {
	// Stat describes the file, whatever has its name by now. Its ETag is always the one that Dir.Stat would return for its present name.
	Stat(ctx context.Context) (Info, error)

	// Record returns the value that SetRecord kept beside the file; nil: none.
	// errors.ErrUnsupported: the file system has no place for such a value.
	Record(ctx context.Context) ([]byte, error)

	// SetRecord replaces the value beside the file; the modification time stays.
	// errors.ErrUnsupported: there is no place for it, and none is kept any more.
	SetRecord(ctx context.Context, value []byte) error

	// Range reads length bytes from offset on, of a file that Open returned. It ends early where the file does.
	Range(ctx context.Context, offset, length int64) (io.Reader, error)

	io.Writer // appends to a file that Create returned

	// Sync ends the writing, and makes the bytes outlive a crash. Size and modification time are final after it.
	// It is an error if the file system is known to hold other bytes than were written.
	Sync(ctx context.Context) error

	// Close ends a reading, and a writing that was not synced. Nothing is on its way any more after it.
	Close() error
}
