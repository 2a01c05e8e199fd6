package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/secrettest"
)

// secretsReport names the variable with the file for what was searched. With it, all tests of this package that run do so below a process that looks
// for their secrets: in states, plans, logs at TRACE, outputs, temporary files, the digest cache and the arguments of processes. scripts/test.sh sets it.
const secretsReport = "FLINK_TEST_SECRETS_REPORT"

func isToBeWatched() bool { return os.Getenv(secretsReport) != "" && !secrettest.Watched() }

// runWatched is the test that no secret gets out of any of the tests, which have to be some that fill all of those places.
func runWatched() int {
	terraform, err := findTerraform()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	tests, err := os.Executable()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	report, err := secrettest.Run(terraform, append([]string{tests}, os.Args[1:]...)...)
	if err != nil {
		fmt.Fprintln(os.Stderr, "watching for secrets:", err)
		return 1
	}
	file, err := os.Create(os.Getenv(secretsReport))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer file.Close()
	report.Print(file)
	if len(report.Findings) > 0 {
		report.Print(os.Stderr)
		return max(1, report.ExitCode)
	}
	if unwatched := report.Unwatched(); len(unwatched) > 0 {
		fmt.Fprintf(os.Stderr, "watching for secrets: nothing was seen of %s\n", strings.Join(unwatched, ", "))
		return max(1, report.ExitCode)
	}
	return report.ExitCode
}

// A secret that a test writes down carries the mark too, or nobody would look for it.
func TestEverySecretIsMarked(t *testing.T) {
	written := []*regexp.Regexp{
		// In a configuration, in the environment, as a setting of a server.
		regexp.MustCompile(`(?:secret_key|security_token|password|\btoken|oidc_token|web_identity_token|[A-Z_]SECRET(?:_ACCESS_KEY)?|[A-Z]_TOKEN)(?:"\s*,|\s*=)\s*\\?"?([A-Za-z0-9][\w.-]*)[\\"]`),
		regexp.MustCompile(`(?:File|Key)\{[^}]*?(?:Token|Password|SecretKey):\s*"([^"]+)"`),
		// In a URL.
		regexp.MustCompile(`://[^/@"\s:]+:([^@"\s/]+)@`),
		regexp.MustCompile(`[?&](?:[\w-]*[Ss]ignature|sig)=([^&"\\]+)`),
	}
	files, err := filepath.Glob("*_test.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	marked := 0
	for _, path := range files {
		for number, line := range strings.Split(string(readFile(t, path)), "\n") {
			if strings.HasPrefix(strings.TrimSpace(line), "//") {
				continue
			}
			marked += strings.Count(line, secrettest.Mark) + strings.Count(line, "secrettest.Mark")
			for _, pattern := range written {
				for _, match := range pattern.FindAllStringSubmatch(line, -1) {
					if !strings.Contains(match[1], secrettest.Mark) {
						t.Errorf("%s:%d: %q is a secret without secrettest.Mark", path, number+1, match[0])
					}
				}
			}
		}
	}
	t.Logf("%d secrets are written down, each with the mark", marked)
	if marked < 40 {
		t.Errorf("only %d secrets were found in %d files: this test looks at nothing", marked, len(files))
	}
}
