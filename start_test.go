package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// What a package of ours makes before main runs is made at each start, of which an apply has four. The runtime tells how much memory that took: a parsed
// regular expression or a table stands out, and neither depends on the machine.
func TestNothingOfOursIsMadeBeforeItIsNeeded(t *testing.T) {
	const module, limit = "github.com/terraform-provider-flink/terraform-provider-flink", 12 << 10 // bytes of one package
	command := exec.Command(os.Args[0], "-test.run=^$")
	command.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	packages := 0
	for line := range strings.Lines(string(output)) {
		var name, at, clock string
		var bytes, allocations int
		if _, err := fmt.Sscanf(line, "init %s @%s ms, %s ms clock, %d bytes, %d allocs", &name, &at, &clock, &bytes, &allocations); err != nil || !strings.HasPrefix(name, module) {
			continue
		}
		packages++
		if bytes > limit {
			t.Errorf("%s makes %d bytes in %d pieces before main runs: let who needs it make it, by sync.OnceValue", name, bytes, allocations)
		}
	}
	if packages == 0 {
		t.Errorf("the runtime told nothing:\n%s", output)
	}
}
