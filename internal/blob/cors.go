package blob

import "slices"

// CORSConfig is a bucket's cross-origin configuration.
type CORSConfig struct {
	Rules []CORSRule
	// ResponseVary is OSS's: whether answers always carry "Vary: Origin". nil: not set, or the store does not know it.
	ResponseVary *bool
}

// CORSRule lets scripts of some origins use a bucket. In a configuration the first rule that matches wins.
type CORSRule struct {
	ID             string // "" where the store has no IDs, or the rule none
	AllowedOrigins []string
	AllowedMethods []string
	AllowedHeaders []string
	ExposeHeaders  []string
	MaxAgeSeconds  *int32 // nil: not set, which is not the same as 0
}

// SameAccess reports whether two rules allow the same, whatever their IDs and the order within their lists.
func (r CORSRule) SameAccess(other CORSRule) bool {
	return sameSet(r.AllowedOrigins, other.AllowedOrigins) &&
		sameSet(r.AllowedMethods, other.AllowedMethods) &&
		sameSet(r.AllowedHeaders, other.AllowedHeaders) &&
		sameSet(r.ExposeHeaders, other.ExposeHeaders) &&
		sameAge(r.MaxAgeSeconds, other.MaxAgeSeconds)
}

func sameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(slices.Compact(a), slices.Compact(b))
}

func sameAge(a, b *int32) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
