//go:build !unix

package provider_test

import (
	"errors"
	"os/exec"
)

// The tests that need these run on Unix alone.

func ownGroup(*exec.Cmd) {}

func asUser(*exec.Cmd, uint32) {}

func kill(int) error { return errors.ErrUnsupported }

func makePipe(string) error { return errors.ErrUnsupported }
