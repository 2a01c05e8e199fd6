//go:build !unix

package versitygw

import (
	"errors"
	"os"
)

// lockFile: the server runs on Unix alone.
func lockFile(*os.File) error { return errors.ErrUnsupported }
