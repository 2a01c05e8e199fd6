package blob

import (
	"maps"
	"strings"
)

// The metadata entries by which an object says whose it is and what is in it. They are part of the objects in users'
// buckets: they never change.
const (
	OwnerKey  = "flink-owner"
	SHA256Key = "flink-sha256"
)

// StoredMetadata is the metadata that a backend writes for the attributes: that of the user and ours.
func (a Attrs) StoredMetadata() map[string]string {
	stored := make(map[string]string, len(a.Metadata)+2)
	maps.Copy(stored, a.Metadata)
	if a.Owner != "" {
		stored[OwnerKey] = a.Owner
	}
	if a.SHA256 != nil {
		stored[SHA256Key] = a.SHA256.String()
	}
	return stored
}

// ParseMetadata is the way back: it takes our entries out of what a backend read. Keys become lower case, as HTTP
// has them in no particular one. A stored hash that is none is treated as absent.
func ParseMetadata(contentType string, stored map[string]string) *Attrs {
	attrs := &Attrs{ContentType: contentType, Metadata: map[string]string{}}
	for key, value := range stored {
		switch key := strings.ToLower(key); key {
		case OwnerKey:
			attrs.Owner = value
		case SHA256Key:
			if hash, err := ParseHash(value); err == nil {
				attrs.SHA256 = &hash
			}
		default:
			attrs.Metadata[key] = value
		}
	}
	return attrs
}

// Clone is a copy that shares nothing that can change.
func (a Attrs) Clone() Attrs {
	a.Metadata = maps.Clone(a.Metadata)
	if a.SHA256 != nil {
		hash := *a.SHA256
		a.SHA256 = &hash
	}
	return a
}

// Equal compares all attributes.
func (a Attrs) Equal(b Attrs) bool {
	sameHash := a.SHA256 == b.SHA256 || (a.SHA256 != nil && b.SHA256 != nil && *a.SHA256 == *b.SHA256)
	return sameHash && a.ContentType == b.ContentType && a.Owner == b.Owner && maps.Equal(a.Metadata, b.Metadata)
}
