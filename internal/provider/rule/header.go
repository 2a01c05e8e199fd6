package rule

import (
	"errors"
	"fmt"
	"strings"
)

// CheckHeaderName keeps to what HTTP allows in a header's name, without the "*".
func CheckHeaderName(header string) error {
	if header == "" {
		return errors.New("a header name is empty")
	}
	for _, r := range header {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if !letter && !strings.ContainsRune("!#$%&'+-.^_`|~", r) {
			return fmt.Errorf("%q is not a header name: it contains %q", header, r)
		}
	}
	return nil
}
