//go:build unix

package provider_test

import (
	"os/exec"
	"syscall"
)

// ownGroup lets a command run in a process group of its own.
func ownGroup(command *exec.Cmd) { command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// asUser lets a command that has a group of its own run as another user.
func asUser(command *exec.Cmd, user uint32) {
	command.SysProcAttr.Credential = &syscall.Credential{Uid: user, Gid: user}
}

// kill ends a process that is given no time to do anything more.
func kill(pid int) error { return syscall.Kill(pid, syscall.SIGKILL) }

func makePipe(path string) error { return syscall.Mkfifo(path, 0o644) }
