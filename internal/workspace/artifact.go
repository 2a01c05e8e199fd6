package workspace

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// NamespacesDirectory holds a directory of artifacts for each namespace.
const NamespacesDirectory = "artifacts/namespaces/"

// maxName is the most bytes that a file name may have, on file systems and hence where Flink fetches it to.
const maxName = 255

// Artifact is one file of a namespace.
type Artifact struct {
	Base      BaseURI
	Namespace string
	Filename  string // as it is in the store
}

// NewArtifact checks the parts of an artifact's address.
func NewArtifact(base BaseURI, namespace, filename string) (Artifact, error) {
	if err := CheckNamespace(namespace); err != nil {
		return Artifact{}, err
	}
	if err := CheckFilename(filename); err != nil {
		return Artifact{}, err
	}
	artifact := Artifact{Base: base, Namespace: namespace, Filename: filename}
	if n := len(artifact.Key()); n > artifact.Base.Backend.maxKey() {
		return Artifact{}, fmt.Errorf("prefix, namespace and file name make a key of %d bytes; %d are the most", n, artifact.Base.Backend.maxKey())
	}
	return artifact, nil
}

// signature finds what makes a URL a secret, by the names that AWS, Google, Azure and Alibaba Cloud have for it.
var signature = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)[?&](X-(Amz|Goog|Oss)-Signature|Signature|sig|OSSAccessKeyId|security-token)=`)
})

// ParseArtifactURI is the way back from Artifact.URI.
func (bs Backends) ParseArtifactURI(uri string) (Artifact, error) {
	const want = "an artifact's URI looks like s3://my-bucket/vvp/artifacts/namespaces/default/job.jar"
	if signature().MatchString(uri) {
		return Artifact{}, errors.New("this is a signed URL, which is a secret; " + want)
	}
	at := strings.LastIndex(uri, "/"+NamespacesDirectory)
	if at < 0 {
		if _, err := bs.ParseBaseURI(uri); err != nil {
			return Artifact{}, err
		}
		return Artifact{}, fmt.Errorf("%q does not lie below /%s; %s", uri, NamespacesDirectory, want)
	}
	base, err := bs.ParseBaseURI(uri[:at])
	if err != nil {
		return Artifact{}, err
	}
	if strings.HasSuffix(uri[:at], "/") { // which a base URI may have at its end
		return Artifact{}, fmt.Errorf("%q: there is an empty part between two slashes; %s", uri, want)
	}
	namespace, filename, found := strings.Cut(uri[at+len(NamespacesDirectory)+1:], "/")
	if !found {
		return Artifact{}, fmt.Errorf("%q names no file in a namespace; %s", uri, want)
	}
	return NewArtifact(base, namespace, filename)
}

// URI is what goes into jarUri, pythonArtifactUri or additionalDependencies of a Deployment.
func (a Artifact) URI() string { return a.Base.URI(a.below()) }

// Key is the key of the object in its bucket.
func (a Artifact) Key() string { return a.Base.Key(a.below()) }

// Canonical is the URI in the one spelling by which two locations are compared.
func (a Artifact) Canonical() string { return a.Base.Canonical().URI(a.below()) }

func (a Artifact) below() string { return ArtifactsDirectory(a.Namespace) + a.Filename }

// ArtifactsDirectory is the directory of a namespace's artifacts below the base URI, with a slash at its end.
func ArtifactsDirectory(namespace string) string { return NamespacesDirectory + namespace + "/" }

// CheckNamespace tells what is wrong with a namespace's name.
func CheckNamespace(namespace string) error {
	if bare, found := strings.CutPrefix(namespace, "namespaces/"); found && bare != "" {
		return fmt.Errorf("write %q, not %q: the directory \"namespaces/\" is put before it by itself", bare, namespace)
	}
	return checkName("namespace", namespace)
}

// CheckFilename tells what is wrong with the name of an artifact's file.
func CheckFilename(filename string) error { return checkName("file name", filename) }

// NameWarning tells why Flink may not find a file of this name, or in a namespace of this name, as what says; "" if it will. Flink's fetcher
// takes an artifact's address as a java.net.URI, in which these characters are illegal or mean something else, while its SQL gateway and the
// file systems take it as it stands.
func NameWarning(what, name string) string {
	const reserved = " \"%<>[]^`{|}#?"
	if at := strings.IndexAny(name, reserved); at >= 0 {
		return fmt.Sprintf("The %s %q has a %q. Parts of Flink read an artifact's address as a URI, where this character is illegal or has another meaning, "+
			"and will not find the file. Letters, digits, \"-\", \"_\", \".\" and \"+\" are always safe.", what, name, name[at:at+1])
	}
	return ""
}

func checkName(what, name string) error {
	switch {
	case name == "":
		return fmt.Errorf("the %s is empty", what)
	case name == "." || name == "..":
		return fmt.Errorf("the %s must not be %q", what, name)
	case strings.ContainsAny(name, `/\`):
		return fmt.Errorf("the %s %q has a slash or backslash; it is one name, not a path", what, name)
	case len(name) > maxName:
		return fmt.Errorf("the %s has %d bytes; %d are the most", what, len(name), maxName)
	}
	if err := checkCharacters(name); err != nil {
		return fmt.Errorf("the %s %q: %w", what, name, err)
	}
	return nil
}

func checkCharacters(name string) error {
	if !utf8.ValidString(name) {
		return errors.New("it is not valid UTF-8")
	}
	for _, r := range name {
		if unicode.IsControl(r) {
			return fmt.Errorf("it has the control character %U", r)
		}
	}
	return nil
}

// addressDigits is how much of a hash a content-addressed name carries.
const addressDigits = 12

// ContentAddressed puts the first 12 digits of a hash before the extension: "job.jar" becomes "job-0123456789ab.jar".
func ContentAddressed(filename, sha256 string) string {
	stem, extension := splitExtension(filename)
	return stem + "-" + sha256[:addressDigits] + extension
}

// PlainFilename is the way back from ContentAddressed: the name without the digits, if they are those of the hash.
func PlainFilename(filename, sha256 string) (plain string, addressed bool) {
	stem, extension := splitExtension(filename)
	plain, addressed = strings.CutSuffix(stem, "-"+sha256[:addressDigits])
	if !addressed || plain+extension == "" {
		return filename, false
	}
	return plain + extension, true
}

// splitExtension keeps the two endings of a compressed archive together, and knows that a leading dot begins no ending.
func splitExtension(filename string) (stem, extension string) {
	extension = path.Ext(filename)
	stem = strings.TrimSuffix(filename, extension)
	if stem == "" {
		return filename, ""
	}
	if before, found := strings.CutSuffix(stem, ".tar"); found && before != "" {
		return before, ".tar" + extension
	}
	return stem, extension
}
