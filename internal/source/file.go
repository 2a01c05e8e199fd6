// Package source is where the bytes of an artifact come from.
package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// What can go wrong with a source beyond fs.ErrNotExist, fs.ErrPermission, blob.ErrUnreachable and blob.ErrSourceChanged.
var (
	// ErrNotRegular says that a path names a directory, a device or a pipe.
	ErrNotRegular = errors.New("not a regular file")

	// ErrTruncated says that a source ends before its announced length, time and again.
	ErrTruncated = errors.New("the source breaks off")

	// ErrNoRanges says that a server gives a file as a whole only.
	ErrNoRanges = errors.New("the server gives no parts of the file")

	// ErrRedirect says that a server sends on to where nothing is fetched from.
	ErrRedirect = errors.New("the redirect is not followed")

	// ErrServer says that a server failed, or answered what no server of files answers.
	ErrServer = errors.New("the server does not give the file")
)

// File is a local file. A relative path counts from the working directory, which for Terraform is the root module's.
type File struct{ Path string }

// Open opens the file. Its errors are those of package os, or ErrNotRegular.
func (f File) Open(context.Context) (blob.Content, error) {
	// Looked at before it is opened, since opening a pipe waits for a writer.
	info, err := os.Stat(f.Path)
	if err != nil {
		return nil, err
	}
	if err := checkRegular(f.Path, info); err != nil {
		return nil, err
	}
	file, err := os.Open(f.Path)
	if err != nil {
		return nil, err
	}
	if info, err = file.Stat(); err == nil {
		err = checkRegular(f.Path, info)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return fileContent{file, info.Size()}, nil
}

func checkRegular(path string, info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return fmt.Errorf("%s is a directory: %w", path, ErrNotRegular)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is a device or a pipe: %w", path, ErrNotRegular)
	}
	return nil
}

// fileContent is read from anywhere, so that its parts can be sent from the file.
type fileContent struct {
	*os.File
	size int64
}

func (c fileContent) Size() int64 { return c.size }
