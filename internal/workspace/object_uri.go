package workspace

import (
	"errors"
	"fmt"
	"path"
	"strings"
)

// ObjectURI is the address of any one object of a store, inside a workspace or not.
type ObjectURI struct {
	Scheme  string // as the user wrote it: "s3a"
	Backend *Backend
	Bucket  string // without an authority: the absolute directory, with slashes
	Key     string // never empty; without an authority: the file's name
}

// IsObjectURI reports whether an address has the scheme of a store, whatever else is wrong with it.
func (bs Backends) IsObjectURI(uri string) bool {
	scheme, _, found := strings.Cut(uri, "://")
	return found && bs.of(scheme) != nil
}

// ParseObjectURI reads "scheme://bucket/key" or "file:///dir/file". Its errors repeat neither a query nor a user's name.
func (bs Backends) ParseObjectURI(uri string) (ObjectURI, error) {
	scheme, rest, _ := strings.Cut(uri, "://")
	authority, _, _ := strings.Cut(rest, "/")
	switch {
	case !bs.IsObjectURI(uri):
		return ObjectURI{}, fmt.Errorf("the address of an object begins with the scheme of a store; known are %s", bs.known())
	case strings.Contains(authority, "@"):
		return ObjectURI{}, errors.New("the address of an object has no user or password before an \"@\"; credentials belong in the provider's block or in the environment")
	case strings.ContainsAny(uri, "?#"):
		return ObjectURI{}, errors.New("the address of an object has no query (\"?…\") and no fragment (\"#…\"); what signs a URL belongs in the provider's block as credentials")
	case len(rest) > 2*maxName+longestKey:
		return ObjectURI{}, fmt.Errorf("the address has %d bytes; %d are the most for an object's key", len(uri), longestKey)
	case strings.HasSuffix(rest, "/"):
		return ObjectURI{}, fmt.Errorf("%q names a directory; name one object", uri)
	}
	base, err := bs.ParseBaseURI(uri)
	if err != nil {
		return ObjectURI{}, err
	}
	object := ObjectURI{Scheme: scheme, Backend: base.Backend, Bucket: base.Bucket, Key: base.Prefix}
	if base.Backend.Authority == NoAuthority {
		object.Bucket, object.Key = path.Dir(base.Bucket), path.Base(base.Bucket)
	}
	if object.Key == "" {
		return ObjectURI{}, fmt.Errorf("%q names a bucket; name an object in it, such as %s/releases/job.jar", uri, uri)
	}
	if n := len(object.Key); n > base.Backend.maxKey() {
		return ObjectURI{}, fmt.Errorf("the key has %d bytes; %d are the most", n, base.Backend.maxKey())
	}
	return object, nil
}
