package ledger

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/usercache"
)

var thisSystem = system{self: sync.OnceValues(self), find: find, local: isLocal}

func self() (process, bool) {
	p := process{Boot: usercache.BootID(), PID: os.Getpid()}
	p.Started, _ = find(p.PID)
	return p, p.Boot != "" && p.Started != ""
}

func find(pid int) (started string, there bool) {
	if err := syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) {
		return "", false
	}
	told, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil || int(told.Proc.P_pid) != pid {
		return "", true
	}
	const zombie = 5 // SZOMB of sys/proc.h: it has ended, and only its parent has not asked yet
	since := told.Proc.P_starttime
	return fmt.Sprintf("%d.%06d", since.Sec, since.Usec), told.Proc.P_stat != zombie
}
