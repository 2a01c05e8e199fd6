package ossblob

import (
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// No setting and no credential of the machine reaches a test.
func TestMain(m *testing.M) {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		for _, prefix := range []string{"OSS_", "ALIBABA_CLOUD_", "ALICLOUD_", "TFC_", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
			if strings.HasPrefix(name, prefix) {
				os.Unsetenv(name)
			}
		}
	}
	os.Setenv("HOME", "/nonexistent")
	os.Setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
	goleak.VerifyTestMain(m)
}
