package s3blob

import (
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// No setting and no credential of the machine reaches a test.
func TestMain(m *testing.M) {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			os.Unsetenv(name)
		}
	}
	os.Setenv("AWS_CONFIG_FILE", "/nonexistent")
	os.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
	os.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	goleak.VerifyTestMain(m)
}

// cacheDirectory is where the ledger of a test is.
func cacheDirectory(t *testing.T) string {
	t.Helper()
	directory, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return directory
}
