package tree

import (
	"context"
	"errors"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// ObstacleError is what can stand in the way of an object in a file system, and in no object store.
// It is not fs.ErrNotExist, even where a parent is missing: a write would meet it too.
type ObstacleError string

func (e ObstacleError) Error() string { return string(e) }

// The obstacles that every file system has.
const (
	ErrParent       = ObstacleError("a file stands where one of its directories should be")
	ErrDirectory    = ObstacleError("it is a directory, not a file")
	ErrNotDirectory = ObstacleError("it is a file, not a directory")
	ErrSpecial      = ObstacleError("it is neither a regular file nor a directory")
	ErrNoParent     = ObstacleError("one of its directories cannot be made: it is a symbolic link that leads nowhere, is removed again and again, or its file system takes none")
)

// fail turns an error into one that a user understands; nil stays nil. Names of temporary files do not appear in it.
func (s *Store) fail(op, key string, err error) error {
	var explained *blob.Error
	if err == nil || errors.As(err, &explained) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	e := s.files.Explain(op, key, err)
	var obstacle ObstacleError
	switch {
	case errors.As(err, &obstacle):
		e.Advice = "Remove it, or choose another name."
	case errors.Is(err, blob.ErrNoBucket):
		e.Message = "the directory does not exist"
	}
	return e
}
