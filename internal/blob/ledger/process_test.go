//go:build linux || darwin

package ledger

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

// The real system: this process lives, and one that was killed does not, even before anybody has asked what became of it.
func TestThisSystem(t *testing.T) {
	own, ok := thisSystem.self()
	if !ok || own.PID != os.Getpid() || own.Boot == "" || own.Started == "" {
		t.Fatalf("%+v, %t", own, ok)
	}
	l := newLedger(t, thisMachine())
	l.system = thisSystem
	if l.gone(own) {
		t.Error("this process is taken for gone")
	}
	child := exec.CommandContext(t.Context(), "sleep", "600")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	other := own
	other.PID = child.Process.Pid
	var there bool
	if other.Started, there = thisSystem.find(other.PID); !there || other.Started == "" || l.gone(other) {
		t.Errorf("the child: %+v, there %t", other, there)
	}
	earlier := other
	earlier.Started = "1"
	if !l.gone(earlier) {
		t.Error("its ID was another's, who is gone")
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for start := time.Now(); !l.gone(other); time.Sleep(time.Millisecond) {
		if time.Since(start) > 30*time.Second {
			t.Fatal("a zombie counts as alive")
		}
	}
	child.Wait()
	if !l.gone(other) {
		t.Error("it is gone, and counts as alive")
	}
	if !isLocal(t.TempDir()) || isLocal("/nonexistent") {
		t.Error("the directory of the tests is on a disk of this machine, and what is not there is on none")
	}
}
