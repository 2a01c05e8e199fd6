package secrettest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// standIn is a Terraform that does what its first argument says, in the directory that it is started in.
const standIn = `#!/bin/sh
case "$1" in
state) echo "{\"x\":\"$PLANTED\"}" >terraform.tfstate ;;
log) echo "$PLANTED" >>"$TF_LOG_PATH" ;;
print) echo "$PLANTED" ;;
fail) echo "Error: $PLANTED" >&2; exit 3 ;;
show) echo "{\"planned_values\":{\"x\":\"$PLANTED\"}}" ;;
pid) echo $$ ;;
esac
`

// What Terraform prints is read from a pipe here, as in tests: at its end the last of it has been searched.

// Whatever a suite does with a secret that it must not, is found; and the suite itself sees the same as without.
func TestPlantedSecrets(t *testing.T) {
	terraform := filepath.Join(t.TempDir(), "stand-in")
	if err := os.WriteFile(terraform, []byte(standIn), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PLANTED", Mark)
	t.Setenv("TMPDIR", t.TempDir())
	run := func(t *testing.T, script string) Report {
		t.Helper()
		report, err := Run(terraform, "sh", "-c", "set -e; t=$TF_ACC_TERRAFORM_PATH; enter() { mkdir -p \"$TF_ACC_TEMP_DIR/$1\"; cd \"$TF_ACC_TEMP_DIR/$1\"; }; enter one; "+script)
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	planted := map[string]struct{ script, kind, where string }{
		"a state":                       {`$t state`, "states", "a state/terraform.tfstate"},
		"a state that is gone":          {`$t state; $t version; rm terraform.tfstate`, "states", "a state that is gone/terraform.tfstate"},
		"the log":                       {`$t log`, "logs", ".log"},
		"the log of the test's process": {`echo $PLANTED >>$(printf $TF_LOG_PATH_MASK TestX)`, "logs", "TestX.log"},
		"an output":                     {`$t print | cat >/dev/null`, "output", "the output of print"},
		"an error":                      {`$t fail 2>&1 | cat >/dev/null`, "output", "the output of fail"},
		"show -json":                    {`$t show -json | cat >/dev/null`, "show -json", "the output of show -json"},
		"arguments of Terraform":        {`$t plan -var x=$PLANTED`, "arguments", "the arguments of Terraform"},
		"arguments of another process":  {`sh -c 'sleep 2; : $0' $PLANTED`, "processes", "the arguments of the process sh"},
		"a short-lived temporary file":  {`echo $PLANTED >$TMPDIR/x; sleep 2; rm $TMPDIR/x`, "temporary files", "tmp/x"},
		"a temporary file that is left": {`mkdir $TMPDIR/y; echo $PLANTED >$TMPDIR/y/z`, "temporary files", "tmp/y/z"},
		"the tests' own output":         {`echo $PLANTED`, "the tests' own output", "what the tests print"},
		"their errors":                  {`echo $PLANTED >&2`, "the tests' own output", "to stderr"},
	}
	if !seesProcesses {
		delete(planted, "arguments of another process")
	}
	var all strings.Builder
	for name, test := range planted {
		fmt.Fprintf(&all, "enter %q\n%s\n", name, test.script)
	}
	report := run(t, all.String())
	if report.ExitCode != 0 {
		t.Errorf("the suite ended with %d", report.ExitCode)
	}
	for name, test := range planted {
		if !slices.ContainsFunc(report.Findings, func(f Finding) bool { return strings.Contains(f.Where, test.where) }) {
			t.Errorf("%s: found nothing in %s", name, test.where)
		}
		if report.Places[test.kind].Files == 0 {
			t.Errorf("%s: nothing was counted as %s: %v", name, test.kind, report.Places)
		}
	}

	t.Run("nothing", func(t *testing.T) {
		report := run(t, `echo "secret_key = $PLANTED" >main.tf; $t plan; PLANTED= $t show -json | cat; exit 7`)
		if len(report.Findings) > 0 || report.ExitCode != 7 {
			t.Errorf("found %v, and the suite ended with %d", report.Findings, report.ExitCode)
		}
		if left := report.Unwatched(); !slices.Contains(left, "plans") {
			t.Errorf("of a suite without a plan everything was seen but %v", left)
		}
	})

	// A signal to the process reaches Terraform itself, and its parent sees how it ends.
	t.Run("the same process", func(t *testing.T) {
		if report := run(t, `sh -c 'echo $$; exec $0 pid' $t | cat >pids; test $(sort -u pids | wc -l) = 1; if $t fail; then exit 1; else test $? = 3; fi`); report.ExitCode != 0 {
			t.Errorf("Terraform runs in another process: %d", report.ExitCode)
		}
	})
	t.Run("one stream for both", func(t *testing.T) {
		if report := run(t, `($t fail || $t print) 2>&1 | cat >both; test $(wc -l <both) = 2`); report.ExitCode != 0 {
			t.Errorf("what Terraform prints is lost: %d", report.ExitCode)
		}
	})
}
