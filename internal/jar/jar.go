// Package jar reads what a JAR says of itself, from its end and by small pieces, so that a JAR on the other side of a network need not be
// fetched as a whole.
package jar

import (
	"errors"
	"io"
)

// Jar is what a JAR says of itself.
type Jar struct {
	// Manifest has the main attributes of META-INF/MANIFEST.MF, by their names as written; empty where there is no manifest.
	Manifest map[string]string
	// MainClass is the class that Flink runs: "program-class" of the manifest, else "Main-Class"; "" where neither is there.
	MainClass string
	// JavaRelease is the oldest Java that runs the main class, 8, 11, 17, …, by the class file's version; 0 where there is no main class, or it
	// is not in the JAR.
	JavaRelease int
	// MultiRelease says that the JAR has classes of their own for newer Javas.
	MultiRelease bool
	// Entries is how many files and directories it has.
	Entries int64
	// Unsearched says that the main class was not found within the limit, and might come later in the directory.
	Unsearched bool
}

// The failures.
var (
	// ErrNotJar is a file that is no ZIP file at all.
	ErrNotJar = errors.New("it is no JAR")
	// ErrBroken is a ZIP file that contradicts itself, or that nobody would make but to harm its reader.
	ErrBroken = errors.New("the JAR is broken")
)

// Read reads a JAR of so many bytes. At most limit bytes are asked for; 0: as many as it takes. A request to r is as expensive as its
// caller says, so there are few of them.
func Read(r io.ReaderAt, size, limit int64) (Jar, error) {
	return Jar{}, errors.ErrUnsupported
}
