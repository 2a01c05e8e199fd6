package jar_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/jar"
)

func TestWhatAJarSays(t *testing.T) {
	t.Parallel()
	stored := func(f file) file {
		f.method = zip.Store
		return f
	}
	job := class("com/acme/Job.class", 11)
	// found is a JAR of these entries, with the main attributes of a manifest, which begins with its version, in pairs.
	found := func(entries int64, main string, release int, attributes ...string) jar.Jar {
		want := jar.Jar{Manifest: map[string]string{"Manifest-Version": "1.0"}, MainClass: main, JavaRelease: release, Entries: entries}
		for pair := range slices.Chunk(attributes, 2) {
			want.Manifest[pair[0]] = pair[1]
		}
		return want
	}
	forSeveral := found(4, "com.acme.Job", 11, "Main-Class", "com.acme.Job", "multi-release", "True")
	forSeveral.MultiRelease = true
	for name, test := range map[string]struct {
		files []file
		want  jar.Jar
	}{
		"a job": {
			[]file{manifest("Main-Class: com.acme.Job", "Built-By: us"), {"com/", "", 0}, {"com/acme/", "", 0}, job},
			found(4, "com.acme.Job", 11, "Main-Class", "com.acme.Job", "Built-By", "us"),
		},
		"stored":                  {[]file{stored(manifest("Main-Class: com.acme.Job")), stored(job)}, found(2, "com.acme.Job", 11, "Main-Class", "com.acme.Job")},
		"the manifest comes last": {[]file{job, manifest("Main-Class: com.acme.Job")}, found(2, "com.acme.Job", 11, "Main-Class", "com.acme.Job")},
		"program-class counts before Main-Class": {
			[]file{manifest("main-class: com.acme.Job", "Program-Class: Top"), job, class("Top.class", 8)},
			found(3, "Top", 8, "main-class", "com.acme.Job", "Program-Class", "Top"),
		},
		"program-class counts without a value": {
			[]file{manifest("Main-Class: com.acme.Job", "program-class: "), job},
			found(2, "", 0, "Main-Class", "com.acme.Job", "program-class", ""),
		},
		"for several Javas": {
			[]file{
				manifest("Main-Class: com.acme.Job", "multi-release: True"),
				class("META-INF/versions/17/com/acme/Job.class", 17), job, class("META-INF/versions/21/com/acme/Job.class", 21),
			}, forSeveral,
		},
		"not for several Javas": {[]file{manifest("Multi-Release: false")}, found(1, "", 0, "Multi-Release", "false")},
		"the class is missing": {
			[]file{manifest("Main-Class: com.acme.Job"), class("com/acme/job.class", 8), class("x/com/acme/Job.class", 8)},
			found(3, "com.acme.Job", 0, "Main-Class", "com.acme.Job"),
		},
		"a class by a name with a space is missing": {
			[]file{manifest("Main-Class: com.acme.Job "), job}, found(2, "com.acme.Job ", 0, "Main-Class", "com.acme.Job "),
		},
		"a library": {[]file{manifest(), job}, found(2, "", 0)},
		"the manifest in other letters": {
			[]file{{"meta-inf/Manifest.mf", "Main-Class: com.acme.Job\n", zip.Deflate}, job},
			jar.Jar{Manifest: map[string]string{"Main-Class": "com.acme.Job"}, MainClass: "com.acme.Job", JavaRelease: 11, Entries: 2},
		},
		"no manifest": {
			[]file{{"META-INF/MANIFEST.MF.orig", "Main-Class: com.acme.Job\n", zip.Deflate}, job}, jar.Jar{Manifest: map[string]string{}, Entries: 2},
		},
		"the last of several counts": {
			[]file{
				manifest("Main-Class: com.acme.Old"), class("com/acme/Job.class", 8),
				manifest("Main-Class: com.acme.Job"), class("com/acme/Job.class", 17),
			}, found(4, "com.acme.Job", 17, "Main-Class", "com.acme.Job"),
		},
		"the first class files": {[]file{manifest("Main-Class: Old"), class("Old.class", 1)}, found(2, "Old", 1, "Main-Class", "Old")},
		"nothing":               {nil, jar.Jar{Manifest: map[string]string{}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := pack(t, test.files...)
			got, count, err := read(data, 0)
			noError(t, err)
			equal(t, test.want, got)
			equal(t, 1, count.calls, "all of it is in the tail")
			equal(t, int64(len(data)), count.bytes)
		})
	}
}

// A comment, bytes after the end and a prefix move the end record, and each other.
func TestWhereTheEndIs(t *testing.T) {
	t.Parallel()
	plain := pack(t, manifest("Main-Class: Job"), class("Job.class", 17))
	comment := func(data []byte, text string) []byte {
		end := len(data) - 2
		return append(binary.LittleEndian.AppendUint16(data[:end:end], uint16(len(text))), text...)
	}
	script := []byte("#!/bin/sh\nexec java -jar \"$0\" \"$@\"\n")
	wide := big64(t).data
	for name, data := range map[string][]byte{
		"comment":                         comment(plain, "by us"),
		"longest comment in the tail":     comment(plain, strings.Repeat("c", 64<<10-22-76)),
		"comment, its records are cut":    comment(plain, strings.Repeat("c", 64<<10-22)),
		"comment, the end record is cut":  comment(plain, strings.Repeat("c", 64<<10-21)),
		"ZIP64, its locator is cut":       comment(wide, strings.Repeat("c", 64<<10-22-1)),
		"ZIP64, its record is cut":        comment(wide, strings.Repeat("c", 64<<10-22-20-1)),
		"ZIP64, all of it in the tail":    comment(wide, strings.Repeat("c", 64<<10-22-20-56)),
		"longest comment":                 comment(plain, strings.Repeat("c", math.MaxUint16)),
		"end record in the comment":       comment(plain, "PK\x05\x06"+strings.Repeat("\x00", 20)),
		"end record behind the comment":   comment(plain, "PK\x05\x06"+strings.Repeat("\xff", 30)),
		"bytes after the end":             append(comment(plain, "by us"), "\r\n\r\n"...),
		"prefix":                          append(script, plain...),
		"prefix and comment":              append(script, comment(plain, strings.Repeat("c", math.MaxUint16))...),
		"prefix, longer than the tail":    append([]byte(noise(200_000)), plain...),
		"prefix, with an end of a record": append([]byte("PK\x05\x06"), plain...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, count, err := read(data, mib)
			noError(t, err)
			equal(t, 17, got.JavaRelease)
			equal(t, int64(2), got.Entries)
			atMost(t, count.calls, 5)
			atMost(t, count.bytes, int64(67_000))
		})
	}
}

// A prefix whose length the offsets know already: `zip -A`.
func TestPrefixThatOffsetsKnow(t *testing.T) {
	t.Parallel()
	out := bytes.NewBufferString(noise(100_000))
	w := zip.NewWriter(out)
	w.SetOffset(100_000)
	writeFiles(t, w, manifest("Main-Class: Job"), class("Job.class", 17))
	noError(t, w.Close())
	got, _, err := read(out.Bytes(), 0)
	noError(t, err)
	equal(t, 17, got.JavaRelease)
}

// On other sides of a network: the tail, and one request for each file.
func TestRequests(t *testing.T) {
	t.Parallel()
	data := pack(t, manifest("Main-Class: Job"), class("Job.class", 17), file{"data", noise(mib), zip.Store})
	got, count, err := read(data, mib)
	noError(t, err)
	equal(t, 17, got.JavaRelease)
	equal(t, 3, count.calls)
	equal(t, 64<<10, count.longest, "the tail is all that a source of a URL keeps")
	atMost(t, count.bytes, int64(67_000))
}

// A local header may have longer extra fields than the directory.
func TestLongLocalHeader(t *testing.T) {
	t.Parallel()
	for _, length := range []int{0, 255, 256, 257, 5000, 65535} {
		data := pack(t, manifest("Main-Class: Job"))
		nameEnd := 30 + len("META-INF/MANIFEST.MF")
		whole := bytes.Clone(data[:nameEnd])
		binary.LittleEndian.PutUint16(whole[28:], uint16(length))
		whole = append(whole, bytes.Repeat([]byte("x"), length)...)
		whole = append(whole, data[nameEnd:]...)
		whole = append(whole, pack(t, file{"data", noise(100_000), zip.Store})...)
		// Only the first ZIP's directory is to be found, and it is at the end.
		directory := bytes.Index(data, []byte("PK\x01\x02"))
		moved := append(whole[:len(whole):len(whole)], data[directory:]...)
		end := moved[len(moved)-22:]
		binary.LittleEndian.PutUint32(end[16:], uint32(len(whole)))
		got, count, err := read(moved, 0)
		noError(t, err, length)
		equal(t, "Job", got.MainClass)
		calls := 2
		if length > 256 {
			calls = 3
		}
		equal(t, calls, count.calls, length)
	}
}

// failing is a reader that fails at an offset.
type failing struct {
	io.ReaderAt
	at  int64
	err error
}

func (f failing) ReadAt(p []byte, offset int64) (int, error) {
	if offset <= f.at && f.at < offset+int64(len(p)) {
		return 0, f.err
	}
	return f.ReaderAt.ReadAt(p, offset)
}

func TestFailuresOfTheReaderStay(t *testing.T) {
	t.Parallel()
	data := pack(t, manifest("Main-Class: Job"), file{"a", noise(1000), zip.Store}, class("Job.class", 17), file{"data", noise(mib), zip.Store})
	gone := errors.New("the server has gone")
	for _, cause := range []error{gone, fmt.Errorf("Get: %w", io.EOF), io.ErrUnexpectedEOF} {
		for what, at := range map[string]int64{
			"tail":     int64(len(data) - 1),
			"manifest": 0,
			"class":    int64(bytes.Index(data, []byte("Job.class"))),
		} {
			_, err := jar.Read(failing{bytes.NewReader(data), at, cause}, int64(len(data)), 0)
			is(t, err, cause, what)
			isNot(t, err, jar.ErrBroken, what)
			isNot(t, err, jar.ErrNotJar, what)
		}
		_, err := jar.Read(failing{strings.NewReader(noise(mib)), 0, cause}, mib, 0)
		is(t, err, cause, "the beginning")
	}
}

// eager gives io.EOF with the last bytes, as a ReaderAt may.
type eager struct{ *bytes.Reader }

func (e eager) ReadAt(p []byte, offset int64) (int, error) {
	n, err := e.Reader.ReadAt(p, offset)
	if offset+int64(n) == e.Size() {
		err = io.EOF
	}
	return n, err
}

func TestWrongSize(t *testing.T) {
	t.Parallel()
	data := pack(t, manifest("Main-Class: Job"), class("Job.class", 17))
	got, err := jar.Read(eager{bytes.NewReader(data)}, int64(len(data)), 0)
	noError(t, err)
	equal(t, 17, got.JavaRelease)
	_, err = jar.Read(bytes.NewReader(data), int64(len(data))+1, 0)
	is(t, err, jar.ErrBroken)
	message(t, err, fmt.Sprintf("the JAR is broken: it should have %d bytes, and ends at %d", len(data)+1, len(data)))
	_, err = jar.Read(bytes.NewReader(data), int64(len(data))-1, 0)
	is(t, err, jar.ErrBroken, "cut off")
}

func TestNoJar(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                         "it is no JAR: it is empty",
		"PK":                       "it is no JAR",
		noise(100_000):             "it is no JAR",
		"<!DOCTYPE html><p>Log in": "it is no JAR: it begins like a page of HTML",
		"<html>":                   "it is no JAR: it begins like a page of HTML",
		"\xef\xbb\xbf\r\n <HTML lang=en>" + strings.Repeat("x", 100_000): "it is no JAR: it begins like a page of HTML",
	} {
		_, _, err := read([]byte(text), mib)
		is(t, err, jar.ErrNotJar)
		message(t, err, want)
	}
	_, err := jar.Read(strings.NewReader(""), -1, 0)
	is(t, err, jar.ErrNotJar)
	data := pack(t, manifest("Main-Class: Job"), file{"data", noise(100_000), zip.Store})
	_, _, err = read(data[:90_000], mib)
	is(t, err, jar.ErrBroken)
	message(t, err, "the JAR is broken: it begins like one, and its end is missing")
}
