package jar_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/jar"
)

// withMany puts so many more entries into the directory of a small JAR, between its two, all of them for the first one's bytes. Its end is
// of ZIP64.
func withMany(t *testing.T, more int, files ...file) (data, directory []byte) {
	t.Helper()
	p := dissect(t, pack(t, files...))
	directory = bytes.Clone(p.data[p.manifestEntry:p.classEntry])
	first := bytes.Clone(directory[:46])
	for i := range more {
		name := fmt.Sprintf("org/example/of/a/long/package/Class%05d.class", i)
		binary.LittleEndian.PutUint16(first[28:], uint16(len(name)))
		binary.LittleEndian.PutUint16(first[30:], 0)
		directory = append(append(directory, first...), name...)
	}
	directory = append(directory, p.data[p.classEntry:p.end]...)
	return withEnd64(p.data[:p.manifestEntry], directory, more+len(files)), directory
}

// Its directory has 9 MB, which is many times the limit.
func TestLongDirectory(t *testing.T) {
	t.Parallel()
	const many = 100_000
	head, job, other := manifest("Main-Class: Job"), class("Job.class", 21), file{name: "other"}
	headThenJob, _ := withMany(t, many, head, job)
	jobThenHead, _ := withMany(t, many, job, head)
	early, _ := withMany(t, many-1, head, job, other)
	for _, test := range []struct {
		name       string
		data       []byte
		limit      int64
		main       string
		unsearched bool
		calls      int
	}{
		{"all of it within no limit", headThenJob, 0, "Job", false, 38},
		{"the manifest comes last", jobThenHead, 0, "Job", false, 40},
		{"the class comes early", early, mib, "Job", false, 4},
		{"the class comes late", headThenJob, mib, "Job", true, 6},
		{"the manifest comes late", jobThenHead, mib, "", true, 5},
		{"a small limit, the class comes early", early, 200_000, "Job", false, 4},
		{"a small limit", headThenJob, 200_000, "Job", true, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, count, err := read(test.data, test.limit)
			noError(t, err)
			want := jar.Jar{Manifest: map[string]string{}, MainClass: test.main, Entries: many + 2, Unsearched: test.unsearched}
			if test.main != "" {
				want.Manifest = map[string]string{"Manifest-Version": "1.0", "Main-Class": test.main}
			}
			if !test.unsearched {
				want.JavaRelease = 21
			}
			equal(t, want, got)
			atMost(t, count.calls, test.calls)
			atMost(t, count.longest, 256<<10, "what is in memory is bounded")
			if test.limit > 0 {
				atMost(t, count.bytes, test.limit)
			}
		})
	}
}

// With any limit it ends well, reads no more, and reports nothing wrong. The classes hide the manifest well.
func TestEveryLimit(t *testing.T) {
	t.Parallel()
	var files []file
	for i := range 1000 {
		files = append(files, file{name: fmt.Sprintf("a/%d/%s", i, strings.Repeat("n", i%900))})
	}
	data := pack(t, append(files[:600:600], append([]file{manifest("Main-Class: Job")}, append(files[600:], class("Job.class", 17))...)...)...)
	all, _, err := read(data, 0)
	noError(t, err)
	before := jar.Jar{}
	for limit := int64(1); limit < int64(len(data))+300_000; limit += 19_997 {
		got, count, err := read(data, limit)
		noError(t, err, limit)
		atMost(t, count.bytes, limit)
		atMost(t, count.calls, 20)
		atMost(t, before.JavaRelease, got.JavaRelease, "more is found with a higher limit")
		atMost(t, len(before.Manifest), len(got.Manifest), "more is found with a higher limit")
		equal(t, got.JavaRelease == 0, got.Unsearched, limit)
		before = got
	}
	equal(t, all, before)
	equal(t, 17, all.JavaRelease)
}

// The prefix of a name or a comment is not cut where a chunk ends: entries of the greatest length.
func TestLongEntries(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for i := range 10 {
		name := fmt.Sprint(i) + strings.Repeat("n", math.MaxUint16-1)
		extra := append([]byte{0xfe, 0xca, 0xfb, 0xff}, make([]byte, math.MaxUint16-4)...)
		_, err := w.CreateHeader(&zip.FileHeader{Name: name, Extra: extra, Comment: strings.Repeat("c", math.MaxUint16)})
		noError(t, err)
	}
	writeFiles(t, w, manifest("Main-Class: Job"), class("Job.class", 17))
	noError(t, w.Close())
	got, _, err := read(out.Bytes(), 0)
	noError(t, err)
	equal(t, 17, got.JavaRelease)
	equal(t, 12, got.Entries)
}

// sparse is a file with a hole of zeros.
type sparse struct {
	data         []byte // without the hole
	hole, length int64
}

func (s *sparse) Write(p []byte) (int, error) {
	if len(p) < mib {
		s.data = append(s.data, p...)
		return len(p), nil
	}
	s.hole = int64(len(s.data))
	s.length += int64(len(p))
	return len(p), nil
}

func (s *sparse) ReadAt(p []byte, offset int64) (int, error) {
	for i := range p {
		switch at := offset + int64(i); {
		case at < s.hole:
			p[i] = s.data[at]
		case at < s.hole+s.length:
			p[i] = 0
		default:
			p[i] = s.data[at-s.length]
		}
	}
	return len(p), nil
}

// A JAR of more than 4 GiB has offsets and lengths of 64 bits.
func TestZip64(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"", "#!/bin/sh\n"} {
		var out sparse
		_, err := io.WriteString(&out, prefix)
		noError(t, err)
		w := zip.NewWriter(&out)
		writeFiles(t, w, manifest("Main-Class: Job"))
		zeros := make([]byte, 64*mib)
		const length = 6 << 30
		big, err := w.CreateRaw(&zip.FileHeader{Name: "model.bin", CompressedSize64: length, UncompressedSize64: length})
		noError(t, err)
		noError(t, w.Flush())
		for range length / len(zeros) {
			_, err := big.Write(zeros)
			noError(t, err)
		}
		noError(t, w.Flush())
		writeFiles(t, w, file{"some", noise(100_000), zip.Store}, class("Job.class", 21), file{"more", noise(100_000), zip.Store})
		noError(t, w.Close())

		count := &counter{ReaderAt: &out}
		got, err := jar.Read(count, int64(len(out.data))+out.length, mib)
		noError(t, err)
		equal(t, 21, got.JavaRelease)
		equal(t, 5, got.Entries)
		equal(t, 3, count.calls)
		atMost(t, count.bytes, 70_000)
	}
}

// A field with all bits set is a number where no record of ZIP64 has another one.
func TestFullCount(t *testing.T) {
	t.Parallel()
	data, directory := withMany(t, math.MaxUint16-2, manifest("Main-Class: Job"), class("Job.class", 21))
	files := bytes.Clone(data[:bytes.Index(data, directory)])
	end := append([]byte("PK\x05\x06\x00\x00\x00\x00\xff\xff\xff\xff"), make([]byte, 10)...)
	binary.LittleEndian.PutUint32(end[12:], uint32(len(directory)))
	binary.LittleEndian.PutUint32(end[16:], uint32(len(files)))
	plain := slices.Concat(files, directory, end)
	for _, data := range [][]byte{data, plain} {
		got, _, err := read(data, 0)
		noError(t, err)
		equal(t, math.MaxUint16, got.Entries)
	}
}
