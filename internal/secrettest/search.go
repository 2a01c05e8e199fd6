package secrettest

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Finding is a secret in a place where none may be.
type Finding struct {
	Where  string // a file, an output, a process
	Form   string // how it is written there
	Around string // what stands before it
}

func (f Finding) String() string {
	return fmt.Sprintf("%s has a secret, %s: …%s", f.Where, f.Form, f.Around)
}

// searcher looks for the mark in all that is written to it. It finds each form once.
type searcher struct {
	where    string
	tail     []byte // the end of what was searched, in which a form may begin
	bytes    int64
	findings []Finding
	seen     map[string]bool
}

func newSearcher(where string) *searcher { return &searcher{where: where, seen: map[string]bool{}} }

// around is how much of what stands before a secret is told.
const around = 120

// Write never fails.
func (s *searcher) Write(p []byte) (int, error) {
	s.bytes += int64(len(p))
	text := append(s.tail, p...)
	for _, f := range forms {
		if s.seen[f.name] {
			continue
		}
		if at := bytes.Index(text, f.bytes); at >= 0 {
			s.seen[f.name] = true
			s.findings = append(s.findings, Finding{s.where, f.name, strings.ToValidUTF8(string(text[max(0, at-around):at]), "·")})
		}
	}
	s.tail = bytes.Clone(text[max(0, len(text)-longest-around):])
	return len(p), nil
}

// searched is what came of a search.
type searched struct {
	kind     string
	bytes    int64
	findings []Finding
}

// isConfiguration reports whether a file is part of a configuration, which the tests write, secrets included: Terraform only reads it.
func isConfiguration(path string) bool {
	for _, suffix := range []string{".tf", ".tf.json", ".tfvars", ".tfvars.json"} {
		if strings.HasSuffix(path, suffix) {
			return true
		}
	}
	return false
}

// searchFile searches a file, and what is in it where it is a zip file, as plans are.
func searchFile(path string) (searched, error) {
	file, err := os.Open(path)
	if err != nil {
		return searched{}, err
	}
	defer file.Close()
	s := newSearcher(path)
	if _, err := io.CopyBuffer(struct{ io.Writer }{s}, struct{ io.Reader }{file}, make([]byte, 1<<20)); err != nil {
		return searched{}, err
	}
	found := searched{kindOf(path), s.bytes, s.findings}
	info, err := file.Stat()
	if err != nil {
		return found, err
	}
	archive, err := zip.NewReader(file, info.Size())
	if err != nil {
		return found, nil // it is no zip file, and was searched as it is
	}
	for _, member := range archive.File {
		if member.Name == "tfplan" {
			found.kind = "plans"
		}
		// The copy of the configuration: main.tf within a plan.
		if strings.HasPrefix(member.Name, "tfconfig/") {
			continue
		}
		content, err := member.Open()
		if err != nil {
			continue // broken on purpose, by a test
		}
		inside := newSearcher(path + ", " + member.Name)
		io.Copy(inside, content)
		content.Close()
		found.bytes += inside.bytes
		found.findings = append(found.findings, inside.findings...)
	}
	return found, nil
}

func kindOf(path string) string {
	name := filepath.Base(path)
	switch {
	case strings.Contains(name, ".tfstate"):
		return "states"
	case strings.HasSuffix(name, ".log"):
		return "logs"
	}
	return "other files"
}

// searchTree searches all files in a directory but configurations, and notes what it finds. A file that goes away meanwhile is none.
func searchTree(directory string) error {
	return filepath.WalkDir(directory, func(path string, file fs.DirEntry, err error) error {
		if err == nil && file.Type().IsRegular() && !isConfiguration(path) {
			err = noteFile(path)
		}
		if goesAway(err) {
			return nil
		}
		return err
	})
}

// goesAway reports whether a file was gone, or somebody else's, when its turn came.
func goesAway(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)
}

func noteFile(path string) error {
	found, err := searchFile(path)
	if err != nil {
		return err
	}
	note(entry{Kind: found.kind, Where: path, Files: 1, Bytes: found.bytes, Findings: found.findings})
	return nil
}
