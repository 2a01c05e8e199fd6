// Package jar reads what a JAR says of itself, from its end and by small pieces, so that a JAR on the other side of a network need not be
// fetched as a whole.
//
// What Java and Flink do decides where a JAR is unusual: of two manifests the last one counts, a value keeps its spaces. Facts of the format
// are from PKWARE's APPNOTE.TXT 6.3.10, the JAR File Specification and the Java Virtual Machine Specification (JVMS).
package jar

import (
	"errors"
	"io"
	"strings"
)

// Jar is what a JAR says of itself.
type Jar struct {
	// Manifest has the main attributes of META-INF/MANIFEST.MF, by their names as written; empty where there is no manifest. Names and values
	// are UTF-8: what is none is replaced by U+FFFD, as Java does.
	Manifest map[string]string
	// MainClass is the class that Flink runs: "program-class" of the manifest, else "Main-Class"; "" where neither is there. It is as written:
	// Flink takes no spaces away, and finds no class then.
	MainClass string
	// JavaRelease is the oldest Java that runs the main class, 8, 11, 17, …, by the class file's version; 0 where there is no main class, or it
	// is not in the JAR (META-INF/versions and JARs in the JAR are not looked at), or it is Unsearched.
	JavaRelease int
	// MultiRelease says that the JAR has classes of their own for newer Javas.
	MultiRelease bool
	// Entries is how many files and directories it has.
	Entries int64
	// Unsearched says that the main class was not found within the limit, and might come later in the directory. With a limit below some
	// 100 KiB the manifest, or even the directory, may be what was not found: then all that depends on it is empty.
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
// caller says, so there are few of them: the last 64 KiB, then the directory in chunks where it does not lie therein, and one for the
// manifest and one for the class.
//
// Failures are ErrNotJar, ErrBroken, and those of r. A limit that does not suffice is no failure, but Unsearched. Memory is bounded, at
// some 2 MiB, whatever the JAR says.
func Read(r io.ReaderAt, size, limit int64) (Jar, error) {
	jar := Jar{Manifest: map[string]string{}}
	switch err := jar.read(newSource(r, size, limit)); {
	case errors.Is(err, errLimit):
		jar.Unsearched = true
	case err != nil:
		return Jar{}, err
	}
	return jar, nil
}

func (j *Jar) read(s *source) error {
	directory, err := findDirectory(s)
	if err != nil {
		return err
	}
	j.Entries = directory.entries

	file, err := directory.find(isManifest)
	if err != nil || file == nil {
		return err
	}
	attributes, err := readManifest(s, file)
	if err != nil {
		return err
	}
	j.Manifest = attributes.values
	j.MultiRelease = strings.EqualFold(attributes.get("Multi-Release"), "true")
	j.MainClass = attributes.mainClass()
	if j.MainClass == "" {
		return nil
	}

	name := strings.ReplaceAll(j.MainClass, ".", "/") + ".class"
	file, err = directory.find(func(found []byte) bool { return string(found) == name })
	if err != nil || file == nil {
		return err
	}
	j.JavaRelease, err = readRelease(s, file)
	return err
}
