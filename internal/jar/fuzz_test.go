package jar_test

import (
	"archive/zip"
	"testing"
)

// Whatever the bytes are, nothing panics, no more is read than the limit, and failures are those that they should be.
func FuzzRead(f *testing.F) {
	for _, data := range [][]byte{
		small(f).data,
		big64(f).data,
		pack(f),
		append([]byte("#!/bin/sh\n"), small(f).data...),
		pack(f, class("a/B.class", 8), file{"META-INF/MANIFEST.MF", "Main-Class: a.\n B\nMulti-Release: true\n\nName: a\n", zip.Store}),
		[]byte("<html>"),
	} {
		f.Add(data, int64(0))
		f.Add(data, int64(len(data)/2))
	}
	f.Fuzz(func(t *testing.T, data []byte, limit int64) { check(t, data, limit) })
}
