package ossblob

import (
	"strings"
	"testing"
)

func TestCheckBucket(t *testing.T) {
	for _, name := range []string{"acme", "abc", "0-a", strings.Repeat("b", 63)} {
		if err := CheckBucket(name); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"", "ab", strings.Repeat("b", 64), "my.bucket", "my_bucket", "Bucket", "bucket-", "-bucket", "bücket"} {
		if err := CheckBucket(name); err == nil || !strings.Contains(err.Error(), "is no name of an OSS bucket: it has 3 to 63 lower-case letters") {
			t.Errorf("%q: %v", name, err)
		}
	}
}
