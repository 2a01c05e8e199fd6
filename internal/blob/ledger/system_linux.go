package ledger

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/usercache"
)

var thisSystem = system{self: sync.OnceValues(self), find: find, local: isLocal}

func self() (process, bool) {
	// Of /proc as it is mounted here: "self" is nowhere else. It may be that of another namespace, whose IDs are not ours.
	namespace, err := os.Readlink("/proc/self/ns/pid")
	if id, wrong := os.Readlink("/proc/self"); err != nil || wrong != nil || id != strconv.Itoa(os.Getpid()) {
		return process{}, false
	}
	p := process{Boot: usercache.BootID(), Namespace: namespace, PID: os.Getpid()}
	p.Started, _ = find(p.PID)
	return p, p.Boot != "" && p.Started != ""
}

func find(pid int) (started string, there bool) {
	if err := syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) {
		return "", false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", true // /proc may hide it
	}
	return parseStat(string(stat))
}

// parseStat reads the state and the start of a process (proc(5), fields 3 and 22). Its name, the second field, may have spaces and brackets.
func parseStat(stat string) (started string, there bool) {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	const state, starttime = 0, 19
	if len(fields) <= starttime {
		return "", true
	}
	// A zombie has ended, and only its parent has not asked yet.
	return fields[starttime], fields[state] != "Z" && fields[state] != "X"
}
