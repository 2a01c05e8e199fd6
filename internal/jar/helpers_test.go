package jar_test

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/jar"
)

func noError(t testing.TB, err error, what ...any) {
	t.Helper()
	if err != nil {
		t.Fatal(append(what, err)...)
	}
}

func is(t testing.TB, err, target error, what ...any) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatal(append(what, "the failure is ", err, ", and should be ", target)...)
	}
}

func isNot(t testing.TB, err, target error, what ...any) {
	t.Helper()
	if errors.Is(err, target) {
		t.Fatal(append(what, "the failure should not be ", target)...)
	}
}

func message(t testing.TB, err error, want string) {
	t.Helper()
	if err == nil || err.Error() != want {
		t.Fatalf("the failure is %v, and should be %s", err, want)
	}
}

func equal[T any](t testing.TB, want, got T, what ...any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Error(append(what, "got ", got, ", want ", want)...)
	}
}

func atMost[T cmp.Ordered](t testing.TB, got, most T, what ...any) {
	t.Helper()
	if got > most {
		t.Error(append(what, "got ", got, ", want at most ", most)...)
	}
}

const mib = 1 << 20

// counter counts what is read.
type counter struct {
	io.ReaderAt
	bytes   int64
	calls   int
	longest int
}

func (c *counter) ReadAt(p []byte, offset int64) (int, error) {
	c.calls++
	c.bytes += int64(len(p))
	c.longest = max(c.longest, len(p))
	return c.ReaderAt.ReadAt(p, offset)
}

// read reads a JAR that lies in memory.
func read(data []byte, limit int64) (jar.Jar, *counter, error) {
	c := &counter{ReaderAt: bytes.NewReader(data)}
	got, err := jar.Read(c, int64(len(data)), limit)
	return got, c, err
}

// file is one of a JAR.
type file struct {
	name   string
	data   string
	method uint16
}

func manifest(lines ...string) file {
	return file{"META-INF/MANIFEST.MF", "Manifest-Version: 1.0\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\n", zip.Deflate}
}

// class begins as a class file of a Java does.
func class(name string, release uint16) file {
	head := binary.BigEndian.AppendUint32(nil, 0xCAFEBABE)
	head = binary.BigEndian.AppendUint32(head, uint32(release)+44)
	return file{name, string(head) + strings.Repeat("and so on ", 100), zip.Deflate}
}

// writeFiles packs files with names, data and methods of all kinds.
func writeFiles(t testing.TB, w *zip.Writer, files ...file) {
	t.Helper()
	for _, file := range files {
		entry, err := w.CreateHeader(&zip.FileHeader{Name: file.name, Method: file.method})
		noError(t, err)
		_, err = io.WriteString(entry, file.data)
		noError(t, err)
	}
}

func pack(t testing.TB, files ...file) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	writeFiles(t, w, files...)
	noError(t, w.Close())
	return out.Bytes()
}

// noise cannot be packed.
func noise(length int) string {
	data := make([]byte, length)
	state := uint64(1)
	for i := range data {
		state = state*6364136223846793005 + 1442695040888963407
		data[i] = byte(state >> 56)
	}
	return string(data)
}
