package jar_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/jar"
)

// parts are where the records of a small JAR are: a manifest, a class, and an end with or without ZIP64.
type parts struct {
	data                                []byte
	manifest, class                     int // local headers
	manifestEntry, classEntry           int // of the directory
	end64, locator, end, directoryBytes int
}

func dissect(t testing.TB, data []byte) parts {
	t.Helper()
	p := parts{data: data, end: bytes.LastIndex(data, []byte("PK\x05\x06"))}
	p.end64, p.locator = bytes.Index(data, []byte("PK\x06\x06")), bytes.Index(data, []byte("PK\x06\x07"))
	p.class = bytes.LastIndex(data, []byte("PK\x03\x04"))
	p.manifestEntry, p.classEntry = bytes.Index(data, []byte("PK\x01\x02")), bytes.LastIndex(data, []byte("PK\x01\x02"))
	p.directoryBytes = p.end - p.manifestEntry
	return p
}

// small is a JAR, and big64 is the same with records of ZIP64 wherever there can be.
func small(t testing.TB) parts {
	t.Helper()
	return dissect(t, pack(t, manifest("Main-Class: Job"), class("Job.class", 17)))
}

func big64(t testing.TB) parts {
	t.Helper()
	return with64(t, 24, 20, 42)
}

// with64 has the numbers of some of an entry's fields in its extra field of ZIP64: those of the lengths and the offset.
func with64(t testing.TB, fields ...int) parts {
	t.Helper()
	p := small(t)
	little := binary.LittleEndian
	var directory []byte
	for _, entry := range [][]byte{p.data[p.manifestEntry:p.classEntry], p.data[p.classEntry:p.end]} {
		extra := append(little.AppendUint16(nil, 0xCAFE), 2, 0, 'x', 'y')
		extra = little.AppendUint16(little.AppendUint16(extra, 1), uint16(8*len(fields)))
		for _, field := range fields {
			extra = little.AppendUint64(extra, uint64(little.Uint32(entry[field:])))
		}
		entry = bytes.Clone(entry)
		for _, field := range fields {
			little.PutUint32(entry[field:], 0xFFFFFFFF)
		}
		little.PutUint16(entry[30:], uint16(len(extra)))
		directory = append(append(directory, entry...), extra...)
	}
	return dissect(t, withEnd64(p.data[:p.manifestEntry], directory, 2))
}

// withEnd64 puts a directory behind files, and the records of ZIP64 at the end.
func withEnd64(files, directory []byte, entries int) []byte {
	little := binary.LittleEndian
	data := slices.Concat(files, directory)
	end64 := len(data)
	data = little.AppendUint64(append(data, "PK\x06\x06"...), 44)
	data = append(data, 45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	for _, number := range []int{entries, entries, len(directory), len(files)} {
		data = little.AppendUint64(data, uint64(number))
	}
	data = little.AppendUint64(append(data, "PK\x06\x07\x00\x00\x00\x00"...), uint64(end64))
	data = append(data, 1, 0, 0, 0)
	return append(data, "PK\x05\x06\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00"...)
}

func TestSmallOnesAreGood(t *testing.T) {
	t.Parallel()
	// A comment that looks like the locator of ZIP64, just where that would be.
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	writeFiles(t, w, manifest("Main-Class: Job"))
	_, err := w.CreateHeader(&zip.FileHeader{Name: "Job.class", Comment: "PK\x06\x07" + strings.Repeat("c", 16)})
	noError(t, err)
	noError(t, w.Close())
	_, _, err = read(out.Bytes(), 0)
	message(t, err, `the JAR is broken: "Job.class" is no class file`)

	for _, p := range []parts{small(t), big64(t), with64(t, 42), with64(t, 24, 42), with64(t, 20)} {
		got, _, err := read(p.data, 0)
		noError(t, err)
		equal(t, 17, got.JavaRelease)
		equal(t, 2, got.Entries)
	}
}

func TestBroken(t *testing.T) {
	t.Parallel()
	plain, wide := small(t), big64(t)
	put := func(p parts, at int, number any) []byte {
		data := bytes.Clone(p.data)
		if _, err := binary.Encode(data[at:], binary.LittleEndian, number); err != nil {
			t.Fatal(err)
		}
		return data
	}
	put16 := func(p parts, at int, number uint16) []byte { return put(p, at, number) }
	put32 := func(p parts, at int, number uint32) []byte { return put(p, at, number) }
	put64 := func(p parts, at int, number uint64) []byte { return put(p, at, number) }
	moved := func(p parts, by int) []byte { // with other offsets of all in the end record
		return put32(p, p.end+16, uint32(p.manifestEntry+by))
	}
	const max64 = 1<<64 - 1
	manifestText := func(text string) []byte { return pack(t, file{"META-INF/MANIFEST.MF", text, zip.Deflate}) }
	classOf := func(data string, method uint16) []byte {
		return pack(t, manifest("Main-Class: Job"), file{"Job.class", data, method})
	}
	signed := manifest()
	signed.data += strings.Repeat("Name: a\r\n\r\n", mib/8)
	long := dissect(t, pack(t, signed))
	for name, test := range map[string]struct {
		data []byte
		says string
	}{
		"disk":                      {put16(plain, plain.end+4, 1), "it is one of several volumes"},
		"disk of the directory":     {put16(plain, plain.end+6, 1), "it is one of several volumes"},
		"entries of this disk":      {put16(plain, plain.end+8, 1), "it is one of several volumes"},
		"disk, 64":                  {put32(wide, wide.end64+16, 1), "it is one of several volumes"},
		"disk of the directory, 64": {put32(wide, wide.end64+20, 1), "it is one of several volumes"},
		"entries of this disk, 64":  {put64(wide, wide.end64+24, 1), "it is one of several volumes"},
		"directory before the file": {moved(plain, 1), "its directory would lie outside of it"},
		"directory far away":        {moved(plain, 1<<30), "its directory would lie outside of it"},
		"long directory":            {put32(plain, plain.end+12, 1<<30), "its directory would lie outside of it"},
		"short directory":           {put32(plain, plain.end+12, 50), "2 entries do not fit into a directory of 50 bytes"},
		"directory begins early":    {put32(plain, plain.end+12, uint32(plain.directoryBytes+1)), "its directory would lie outside of it"},
		"directory begins late":     {put32(plain, plain.end+12, uint32(plain.directoryBytes-1)), "is no entry of a directory"},
		"directory far away, 64":    {put64(wide, wide.end64+48, max64), "its directory would lie outside of it"},
		"long directory, 64":        {put64(wide, wide.end64+40, max64), "its directory would lie outside of it"},
		"many entries, 64": {
			put64(parts{data: put64(wide, wide.end64+24, max64)}, wide.end64+32, max64), "entries do not fit into a directory",
		},
		"end of 64 elsewhere":    {put32(wide, wide.end64, 0), "the end record of ZIP64 is not before its locator"},
		"length of the end, 64":  {put64(wide, wide.end64+4, 45), "the end record of ZIP64 is not before its locator"},
		"nothing before locator": {wide.data[wide.locator:], "the end record of ZIP64 is not before its locator"},
		"two ends, entries":      {put16(wide, wide.end+10, 3), "its two end records contradict each other"},
		"two ends, length":       {put32(wide, wide.end+12, 3), "its two end records contradict each other"},
		"two ends, offset":       {put32(wide, wide.end+16, 3), "its two end records contradict each other"},
		"no locator":             {put32(wide, wide.locator, 0), "several volumes|outside of it"},
		"fewer entries": {
			put16(parts{data: put16(plain, plain.end+8, 1)}, plain.end+10, 1), "1 entries are announced, and its directory has 2",
		},
		"no entries, 64": {
			put64(parts{data: put64(wide, wide.end64+24, 0)}, wide.end64+32, 0), "0 entries are announced, and its directory has 2",
		},
		"entry's signature":       {put32(plain, plain.manifestEntry, 0), fmt.Sprintf("at byte %d is no entry of a directory", plain.manifestEntry)},
		"next entry's signature":  {put32(plain, plain.classEntry, 0), fmt.Sprintf("at byte %d is no entry of a directory", plain.classEntry)},
		"entry's long name":       {put16(plain, plain.classEntry+28, 10), "its directory ends in the middle of an entry"},
		"entry's extra fields":    {put16(plain, plain.classEntry+30, 65535), "its directory ends in the middle of an entry"},
		"entry's comment":         {put16(plain, plain.classEntry+32, 1), "its directory ends in the middle of an entry"},
		"entry's offset":          {put32(plain, plain.classEntry+42, uint32(plain.manifestEntry)), `"Job.class" would lie outside of it`},
		"entry's offset, no room": {put32(plain, plain.classEntry+42, uint32(plain.manifestEntry-30)), `"Job.class" would lie outside of it`},
		"entry's offset, less":    {put32(plain, plain.classEntry+42, uint32(plain.class+20)), `"Job.class" would lie outside of it`},
		"entry's far offset":      {put32(plain, plain.classEntry+42, 1<<31), `"Job.class" would lie outside of it`},
		"entry's far offset, 64":  {put64(wide, wide.classEntry+46+9+10+16, max64), `"Job.class" would lie outside of it`},
		"entry's far offset, prefix": {
			append([]byte("#!"), put64(wide, wide.classEntry+46+9+10+16, max64)...), `"Job.class" would lie outside of it`,
		},
		"entry's far offset, no files": {
			withEnd64(nil, put64(wide, wide.manifestEntry+46+20+10+16, max64)[wide.manifestEntry:wide.end64], 2),
			`"META-INF/MANIFEST.MF" would lie outside of it`,
		},
		"entry's size":          {put32(plain, plain.classEntry+20, 1<<31), `"Job.class" would lie outside of it`},
		"entry's size, 64":      {put64(wide, wide.classEntry+46+9+10+8, max64), `"Job.class" would lie outside of it`},
		"entry of another file": {put32(plain, plain.classEntry+42, 0), `at byte 0 is not "Job.class", as its directory says`},
		"encrypted":             {put16(plain, plain.classEntry+8, 1|8), `"Job.class" is encrypted`},
		"method":                {put16(plain, plain.classEntry+10, 93), `"Job.class" is packed by method 93, which Java cannot unpack`},
		"manifest's size":       {put32(plain, plain.manifestEntry+24, 1), "its manifest is not the one that its directory tells of"},
		"manifest's size, more": {put32(plain, plain.manifestEntry+24, 1<<31), "its manifest is not the one that its directory tells of"},
		"long manifest's size":  {put32(long, long.manifestEntry+24, 1000), "its manifest is not the one that its directory tells of"},
		"manifest's CRC":        {put32(plain, plain.manifestEntry+16, 1), "its manifest is not the one that its directory tells of"},
		"manifest is cut":       {put32(plain, plain.manifestEntry+20, 20), "its manifest cannot be unpacked: unexpected EOF"},
		"manifest's data":       {put16(plain, plain.manifest+30+len("META-INF/MANIFEST.MF"), 0xFFFF), "its manifest cannot be unpacked: flate: corrupt"},
		"local signature":       {put32(plain, plain.class, 0), `is not "Job.class", as its directory says`},
		"local method":          {put16(plain, plain.class+8, 0), `is not "Job.class", as its directory says`},
		"local name":            {put16(plain, plain.class+30, 0), `is not "Job.class", as its directory says`},
		"local name's length":   {put16(plain, plain.class+26, 8), `is not "Job.class", as its directory says`},
		"local name, no end":    {put16(plain, plain.class+26, 65535), `is not "Job.class", as its directory says`},
		"local extra fields":    {put16(plain, plain.class+28, 65535), `"Job.class" would reach into its directory`},
		"local extra, some":     {put16(plain, plain.class+28, 20), `"Job.class" would reach into its directory`},
		"no class":              {classOf("no class file at all", zip.Deflate), `"Job.class" is no class file`},
		"class too short":       {classOf("\xca\xfe\xba\xbe\x00\x00\x01", zip.Store), `"Job.class" is no class file`},
		"empty class":           {classOf("", zip.Deflate), `"Job.class" is no class file`},
		"class too old":         {classOf("\xca\xfe\xba\xbe\x00\x00\x00\x2c", zip.Deflate), `"Job.class" is no class file`},
		"manifest line":         {manifestText("Manifest-Version: 1.0\nMain Class: Job\n"), `line 2 of its manifest is no "name: value"`},
		"manifest NUL":          {manifestText("Main-Class: a\x00b\n"), `in its manifest, the value of "Main-Class" has a NUL`},
		"manifest's long line": {
			manifestText("Main-Class: a\n " + strings.Repeat("b", 511) + "\n"), "line 2 of its manifest is longer than 511 bytes",
		},
		"no end of the attributes": {
			manifestText(strings.Repeat("Main-Class: a\n", 1<<20/14+1)), "its manifest has main attributes without an end",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := read(test.data, 0)
			is(t, err, jar.ErrBroken)
			if !slices.ContainsFunc(strings.Split(test.says, "|"), func(words string) bool { return strings.Contains(err.Error(), words) }) {
				t.Errorf("got %q, want %q", err, test.says)
			}
		})
	}
}

// A stored entry has one length.
func TestStoredLengths(t *testing.T) {
	t.Parallel()
	p := dissect(t, pack(t, manifest("Main-Class: Job"), file{"Job.class", noise(100), zip.Store}))
	binary.LittleEndian.PutUint32(p.data[p.classEntry+24:], 99)
	_, _, err := read(p.data, 0)
	message(t, err, `the JAR is broken: "Job.class" is not packed, and has 99 bytes and 100`)
}

// Each two bytes are replaced by numbers that hurt: what comes is a failure that says so, or a JAR.
func TestEveryFieldBroken(t *testing.T) {
	t.Parallel()
	for _, p := range []parts{small(t), big64(t)} {
		for at := range len(p.data) - 1 {
			was := binary.LittleEndian.Uint16(p.data[at:])
			for _, number := range []uint16{0, 1, was - 1, was + 1, was ^ 1<<15, 0x7FFF, 0x8000, 0xFFFF} {
				data := bytes.Clone(p.data)
				binary.LittleEndian.PutUint16(data[at:], number)
				check(t, data, 0)
			}
		}
		for length := range p.data {
			check(t, p.data[:length], 0)
			check(t, p.data[length:], 0)
		}
	}
}

// check reads anything, which must not do harm.
func check(t testing.TB, data []byte, limit int64) {
	t.Helper()
	got, count, err := read(data, limit)
	if limit > 0 {
		atMost(t, count.bytes, limit)
	}
	atMost(t, count.bytes, 3*int64(len(data))+1<<10) // the directory twice, and files
	atMost(t, count.longest, 2*256<<10)
	if err != nil && !errors.Is(err, jar.ErrBroken) && !errors.Is(err, jar.ErrNotJar) {
		t.Errorf("the reader does not fail, but it says: %v", err)
	}
	if err != nil && (got.Manifest != nil || got.Entries != 0) {
		t.Errorf("%+v, and %v", got, err)
	}
	for name, value := range got.Manifest {
		if strings.ToValidUTF8(name+value, "") != name+value {
			t.Errorf("%q: %q is not UTF-8", name, value)
		}
	}
}

// Little is unpacked of what unpacks to much. Not parallel, as what all tests allocate is counted together.
func TestBombs(t *testing.T) {
	const unpacked = 32 * mib
	var packed bytes.Buffer
	writer, err := flate.NewWriter(&packed, flate.BestSpeed)
	noError(t, err)
	zeros := bytes.Repeat([]byte("a"), mib)
	for range unpacked / mib {
		_, err := writer.Write(zeros)
		noError(t, err)
	}
	noError(t, writer.Close())
	bomb := func(name string, length uint64, files ...file) []byte {
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		writeFiles(t, w, files...)
		entry, err := w.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Deflate, CompressedSize64: uint64(packed.Len()), UncompressedSize64: length})
		noError(t, err)
		_, err = entry.Write(packed.Bytes())
		noError(t, err)
		noError(t, w.Close())
		return out.Bytes()
	}
	for name, data := range map[string][]byte{
		"manifest":                   bomb("META-INF/MANIFEST.MF", unpacked),
		"manifest of another length": bomb("META-INF/MANIFEST.MF", 1000),
		"class":                      bomb("Job.class", unpacked, manifest("Main-Class: Job")),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, count, err := read(data, 0)
		runtime.ReadMemStats(&after)
		is(t, err, jar.ErrBroken, name)
		atMost(t, after.TotalAlloc-before.TotalAlloc, 8*mib, name)
		atMost(t, count.bytes, 65<<10+256<<10, name)
	}
}

// Of a signed JAR, the manifest's beginning is read.
func TestSignedManifest(t *testing.T) {
	t.Parallel()
	for _, length := range []int{mib / 2, 3 * mib / 2} {
		digests := strings.Repeat("Name: a\r\nSHA-256-Digest: a\r\n\r\n", length/31)
		for _, method := range []uint16{zip.Store, zip.Deflate} {
			signed := manifest("Main-Class: Job")
			signed.data, signed.method = signed.data+digests, method
			got, count, err := read(pack(t, signed, class("Job.class", 17), file{"data", noise(100_000), zip.Store}), mib)
			noError(t, err)
			equal(t, 17, got.JavaRelease)
			atMost(t, count.bytes, 64<<10+256<<10+3<<10)
		}
	}
}
