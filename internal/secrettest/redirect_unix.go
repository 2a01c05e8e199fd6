//go:build unix

package secrettest

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// redirect puts files in the place of this process's standard output and standard error.
func redirect(output, failures *os.File) error {
	return errors.Join(unix.Dup2(int(output.Fd()), 1), unix.Dup2(int(failures.Fd()), 2))
}
