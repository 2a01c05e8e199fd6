// Package workspace is the domain: how a Flink workspace lies in a blob store. It is pure: rules on strings, no input or
// output.
//
// URIs here are what Flink reads, to the letter: nothing in them is percent-encoded or decoded.
package workspace

import (
	"errors"
	"fmt"
	"path"
	"strings"
)

// BaseURI is the address under which a workspace keeps everything, in Ververica Platform the "blob storage base URI".
type BaseURI struct {
	Scheme  string // as the user wrote it: "s3a"
	Backend *Backend
	Bucket  string // without an authority: the absolute directory, with slashes
	Prefix  string // below the bucket, without slashes around it; "" at its root, and always without an authority
}

// bucketName is wider than any one store's rule, so that stores with other rules than AWS's can be used; it keeps out
// what would change the meaning of a URI.
func bucketName(name string) bool {
	return len(name) >= 2 && len(name) <= 255 && strings.Trim(name, alphanumeric+"._-") == "" && !strings.ContainsRune("._-", rune(name[0]))
}

const alphanumeric = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// ParseBaseURI reads "scheme://bucket/prefix" or "file:///dir". One slash at the end is allowed, and dropped.
func (bs Backends) ParseBaseURI(uri string) (BaseURI, error) {
	if uri == "" {
		return BaseURI{}, errors.New("the base URI is empty; it looks like s3://my-bucket/vvp or file:///srv/flink")
	}
	scheme, rest, found := strings.Cut(uri, "://")
	if !found {
		return BaseURI{}, fmt.Errorf("a base URI begins with a scheme and \"://\"; known are %s", bs.known())
	}
	backend := bs.of(scheme)
	if backend == nil {
		return BaseURI{}, fmt.Errorf("scheme %q is unknown; known are %s", scheme+"://", bs.known())
	}
	// Userinfo is looked for first, since the other messages repeat the URI, and it may hold a password.
	authority, _, _ := strings.Cut(rest, "/")
	if strings.Contains(authority, "@") {
		return BaseURI{}, errors.New("a base URI has no user or password before an \"@\"; credentials belong in the provider's block or in the environment")
	}
	// Neither is a query repeated, as it may hold a signature.
	if bare, _, found := strings.Cut(uri, "?"); found {
		return BaseURI{}, fmt.Errorf("%q is followed by a query (\"?…\"), which a base URI must not have", bare)
	}
	if strings.Contains(uri, "#") {
		return BaseURI{}, errors.New("a base URI must not have a fragment (\"#…\")")
	}
	base := BaseURI{Scheme: scheme, Backend: backend}
	location := strings.TrimSuffix(rest, "/")
	if backend.Authority == NoAuthority {
		return base.withDirectory(uri, location)
	}
	base.Bucket, base.Prefix, _ = strings.Cut(location, "/")
	if base.Bucket == "" {
		return BaseURI{}, fmt.Errorf("%q names no bucket; it looks like %s://my-bucket/vvp", uri, scheme)
	}
	if !bucketName(base.Bucket) {
		return BaseURI{}, fmt.Errorf("%q is no name of a bucket: letters, digits, \".\", \"_\" and \"-\" are, from 2 to 255 of them", base.Bucket)
	}
	if backend.CheckBucket != nil {
		if err := backend.CheckBucket(base.Bucket); err != nil {
			return BaseURI{}, err
		}
	}
	if base.Prefix != "" || strings.HasSuffix(location, "/") {
		if err := checkPath(base.Prefix); err != nil {
			return BaseURI{}, fmt.Errorf("%q: %w", uri, err)
		}
	}
	return base, nil
}

func (b BaseURI) withDirectory(uri, location string) (BaseURI, error) {
	directory, absolute := strings.CutPrefix(location, "/")
	if !absolute {
		if location == "" {
			return BaseURI{}, fmt.Errorf("%q names no directory below the root; it looks like file:///srv/flink", uri)
		}
		return BaseURI{}, fmt.Errorf("%q names a host; a local directory has three slashes, as in file:///srv/flink", uri)
	}
	if err := checkPath(directory); err != nil {
		return BaseURI{}, fmt.Errorf("%q: %w", uri, err)
	}
	b.Bucket = location
	return b, nil
}

// checkPath refuses what stores, browsers or file systems would read as another path than the one written.
func checkPath(p string) error {
	for _, segment := range strings.Split(p, "/") {
		if segment == "" {
			return errors.New("there is an empty part between two slashes")
		}
		if segment == "." || segment == ".." {
			return fmt.Errorf("a part of a path must not be %q", segment)
		}
		if err := checkCharacters(segment); err != nil {
			return err
		}
		if len(segment) > maxName {
			return fmt.Errorf("a part of the path has %d bytes; %d are the most", len(segment), maxName)
		}
	}
	return nil
}

// String is the base URI without a slash at the end, in the user's own scheme.
func (b BaseURI) String() string {
	return b.Scheme + "://" + path.Join(b.Bucket, b.Prefix)
}

// Key is the key below the bucket for a path below the base URI. A slash at the end of the path stays.
func (b BaseURI) Key(below string) string {
	if b.Prefix == "" {
		return below
	}
	return b.Prefix + "/" + below
}

// URI is the address of a path below the base URI.
func (b BaseURI) URI(below string) string {
	return b.String() + "/" + below
}

// Canonical is the same base URI in the one spelling by which two of them are compared.
func (b BaseURI) Canonical() BaseURI {
	b.Scheme = b.Backend.Schemes[0]
	return b
}
