package jar_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/jar"
)

// run runs a program of the JDK.
func run(t *testing.T, name string, arguments ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Fatalf("%v. `make tools` installs a JDK on Debian; elsewhere install one, of Java 11 or later, so that %s is on PATH.", err, name)
	}
	var stderr bytes.Buffer
	command := exec.CommandContext(t.Context(), name, arguments...)
	command.Stderr = &stderr
	command.Env = append(os.Environ(), "JAVA_TOOL_OPTIONS=-XX:TieredStopAtLevel=1 -XX:+UseSerialGC") // it starts faster
	out, err := command.Output()
	noError(t, err, name, " says ", stderr.String())
	return string(out)
}

// What javac and jar make.
func TestCompiled(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	source := filepath.Join(directory, "Job.java")
	noError(t, os.WriteFile(source, []byte("package com.acme;\npublic class Job { public static void main(String[] a) {} }\n"), 0o644))
	in := map[string]string{}
	for _, release := range []string{"8", "11"} {
		in[release] = filepath.Join(directory, release)
		run(t, "javac", "-Xlint:-options", "--release", release, "-d", in[release], source)
	}
	for _, test := range []struct {
		name      string
		arguments []string
		want      jar.Jar
	}{
		{"11.jar", []string{"--no-compress", "-C", in["11"], "."}, jar.Jar{JavaRelease: 11, Entries: 5}},
		{"both.jar", []string{"-C", in["8"], ".", "--release", "11", "-C", in["11"], "."}, jar.Jar{JavaRelease: 8, MultiRelease: true, Entries: 9}},
	} {
		path := filepath.Join(directory, test.name)
		run(t, "jar", append([]string{"--create", "--file", path, "--main-class", "com.acme.Job"}, test.arguments...)...)
		data, err := os.ReadFile(path)
		noError(t, err)
		got, _, err := read(data, 0)
		noError(t, err)
		test.want.MainClass, test.want.Manifest = "com.acme.Job", got.Manifest
		equal(t, test.want, got, test.name)
		equal(t, "com.acme.Job", got.Manifest["Main-Class"])
	}
}

// Manifests of all kinds are read as Java reads them, whose word is what runs.
func TestAsJavaReads(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("y", 600)
	texts := []string{
		"", "\n", "\r\n", "Main-Class: a", "Main-Class: a\n", "Main-Class: a\n\n",
		"Main-Class: a\r\n b\r\n\r\n", "Main-Class: a\r b\r", "Main-Class: a\n b\r\n c\r d\n", "Main-Class: a\n \n b\n",
		"Main-Class: a\n b", "Main-Class: a\nX: b", "Main-Class: a\nX: b\n c", "Main-Class: a\r", "Main-Class: a\n\x1a",
		"Main-Class: a\n\nName: x\nMain-Class: b\n", "Main-Class: a\r\rName: x\r", "\nName: x\nMain-Class: a\n",
		"Main-Class: a\nmain-class: b\nMAIN-CLASS: c\n", "Main-Class: a\nprogram-class: b\n", "Program-Class: b\nMain-Class: a\n",
		"program-class: \nMain-Class: a\n", "Main-Class:   a  \n", "Main-Class: a:b: c\n", "Main-Class: \n a\n",
		"Main-Class\n", "Main-Class:\n", "Main-Class:a\n", "Main-Class:a: b\n", "Main Class: a\n", " Main-Class: a\n", ": a\n", " \nX: y\n",
		"M\u00e4in: a\n", "\ufeffMain-Class: a\n", "X\x00: a\n", "a/b: c\n", "a.b: c\n", "[: c\n", "`: c\n", "@: c\n", "{: c\n", "_-09azAZ: c\n", ":\n",
		"Main-Class: \u65e5\u672c\n", "Main-Class: \xe6\x97\n \xa5\n", "Main-Class: a\xffb\n", "X: y\n\tz\n",
		strings.Repeat("n", 70) + ": a\n", strings.Repeat("n", 71) + ": a\n",
		"X: " + long[:508] + "\n", "X: " + long[:509] + "\n", "X: " + long[:508] + "\r\n", "X: a\n " + long[:510] + "\n", "X: a\n " + long[:511] + "\n",
		"Multi-Release: true\n", "multi-release: TRUE\n", "Multi-Release: true \n", "Multi-Release:  true\n", "Multi-Release: false\n", "Multi-Release: yes\n",
		"Name: x\n", "Main-Class: a\n\n\n\nName: x\n",
	}
	directory := t.TempDir()
	arguments := []string{filepath.Join("testdata", "Oracle.java")}
	var jars [][]byte
	for i, text := range texts {
		jars = append(jars, pack(t, file{"META-INF/MANIFEST.MF", text, 8}))
		path := filepath.Join(directory, fmt.Sprint(i, ".jar"))
		noError(t, os.WriteFile(path, jars[i], 0o644))
		arguments = append(arguments, path)
	}
	java := strings.Split(strings.TrimSuffix(run(t, "java", arguments...), "\n"), "\n")
	equal(t, len(texts), len(java))
	for i, text := range texts {
		got, _, err := read(jars[i], 0)
		if err != nil && !errors.Is(err, jar.ErrBroken) {
			t.Fatal(err)
		}
		equal(t, java[i], asOracle(got, err), fmt.Sprintf("%q", text))
	}
}

// asOracle is a JAR in the words of testdata/Oracle.java.
func asOracle(found jar.Jar, err error) string {
	if err != nil {
		return "refused"
	}
	var attributes []string
	for name, value := range found.Manifest {
		attributes = append(attributes, fmt.Sprintf("%s=%x", name, value))
	}
	slices.Sort(attributes)
	return fmt.Sprintf("%d %t %x {%s}", found.Entries, found.MultiRelease, found.MainClass, strings.Join(attributes, ", "))
}
