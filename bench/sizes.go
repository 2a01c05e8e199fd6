package main

import (
	"fmt"
	"strings"
)

// sizeName is how a size is said in a title.
func sizeName(size int64) string {
	switch {
	case size >= 1<<30:
		return fmt.Sprintf("%d GiB", size>>30)
	case size >= 1<<20:
		return fmt.Sprintf("%d MiB", size>>20)
	}
	return fmt.Sprintf("%d KiB", size>>10)
}

// remembers says whether this provider keeps digests of files.
func (l *lab) remembers() bool { return strings.Contains(l.schema, `"digest_cache"`) }
