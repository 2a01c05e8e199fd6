package ossblob

import (
	"fmt"
	"strings"
)

// MaxKey is the longest key, in bytes (OSS, "Object naming conventions").
const MaxKey = 1023

// CheckBucket tells what is wrong with a bucket's name (OSS, "Bucket naming conventions"). There are no compatible stores with other rules.
func CheckBucket(name string) error {
	const characters = "abcdefghijklmnopqrstuvwxyz0123456789-"
	if len(name) < 3 || len(name) > 63 || strings.Trim(name, characters) != "" || strings.Trim(name, "-") != name {
		return fmt.Errorf("%q is no name of an OSS bucket: it has 3 to 63 lower-case letters, digits and \"-\", without a \"-\" at either end", name)
	}
	return nil
}
