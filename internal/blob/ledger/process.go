package ledger

import (
	"os"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/usercache"
)

// process tells one run of a program from all others, before and after it, on this machine.
type process struct {
	Boot      string // which start of the machine
	Namespace string // in which container the ID counts; "" where the system has no such thing
	PID       int
	Started   string // when, in the system's own words: an ID is given again
}

// system is what the operating system tells. Tests say otherwise.
type system struct {
	// self is this process; not ok where the system does not tell enough.
	self func() (process, bool)
	// find says when the process with an ID was started. Where there is none, or what is left of it has no life in it, there is false; where
	// the system does not tell, started is "".
	find func(pid int) (started string, there bool)
	// local reports whether a directory is on a disk that no other machine writes to.
	local func(dir string) bool
}

// gone reports whether a process is certainly at work no more. Where that is not known, it is not gone: a container does not see the processes
// of another one, nor a machine those of another that shares its home.
func (l *Ledger) gone(p process) bool {
	self, ok := l.system.self()
	switch {
	case !ok:
		return false
	case p.Namespace != self.Namespace: // before the start: some containers each have one of their own
		return false
	case p.Boot != self.Boot:
		return l.system.local(l.folder.Dir)
	}
	started, there := l.system.find(p.PID)
	return !there || started != "" && started != p.Started
}

func isLocal(dir string) bool {
	opened, err := os.Open(dir)
	if err != nil {
		return false
	}
	defer opened.Close()
	return usercache.IsLocal(opened.Fd())
}
