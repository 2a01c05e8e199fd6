package provider_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/secrettest"
)

// What fails on this machine: what exists stays as it is, nothing is left beside it, the error says what to do, and the next apply
// converges.

// localRoot is a root whose only artifact lies in a directory, with first bytes in it.
type localRoot struct {
	root
	place
	file string
}

func newLocalRoot(t *testing.T) localRoot {
	t.Helper()
	p := inDirectory(t)
	file := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
	l := localRoot{newRoot(t, p.provider()+artifact("job", fromFile(file))), p, file}
	l.environment = append(l.environment, "HOME="+l.directory, "XDG_CACHE_HOME="+filepath.Join(l.directory, "cache"))
	l.apply(t)
	l.holds(t, jobPath, firstJob)
	return l
}

// refused runs an apply that must fail, and leave the first bytes as they are.
func (l localRoot) refused(t *testing.T, apply *exec.Cmd, want ...string) {
	t.Helper()
	output, err := apply.CombinedOutput()
	if err == nil {
		t.Fatalf("the apply succeeded:\n%s", output)
	}
	says(t, string(output), want...)
	l.holds(t, jobPath, firstJob)
}

func (l localRoot) converges(t *testing.T, want string) {
	t.Helper()
	l.apply(t)
	l.holds(t, jobPath, want)
}

// A full disk cannot be had without privileges. A limit on the size of files fails in the same place, and everybody may set it.
func TestNoRoomInTheDirectory(t *testing.T) {
	t.Parallel()
	l := newLocalRoot(t)
	large := strings.Repeat("0123456789abcdef", 40<<20>>4)
	writeFile(t, l.file, large)
	apply := l.command(t.Context(), "apply", "-auto-approve", "-input=false", "-no-color")
	limited := exec.CommandContext(t.Context(), "/bin/sh", append([]string{"-c", `ulimit -f 65536 && exec "$0" "$@"`}, apply.Args...)...) // 32 MiB in blocks of 512 bytes: more than any log
	limited.Dir, limited.Env = apply.Dir, apply.Env
	l.refused(t, limited, "Publishing "+l.baseURI+"/"+jobPath+" failed", "What to do", "Make room")
	l.converges(t, large)
}

// A directory that may be read and not written to. Root may write everywhere, so the test becomes another user first.
func TestReadOnlyDirectory(t *testing.T) {
	t.Parallel()
	l := newLocalRoot(t)
	writeFile(t, l.file, otherJob)
	directory := filepath.Join(strings.TrimPrefix(l.baseURI, "file://"), "artifacts", "namespaces", "default")
	if err := os.Chmod(directory, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(directory, 0o755) })
	apply := l.command(t.Context(), "apply", "-auto-approve", "-input=false", "-no-color")
	if os.Geteuid() == 0 {
		const nobody = 65534
		built, err := buildProvider()
		if err != nil {
			t.Fatal(err)
		}
		// What tests make lies in directories of root alone.
		for _, path := range []string{directory, l.file, built, l.directory} {
			for path = filepath.Dir(path); path != "/"; path = filepath.Dir(path) {
				if info, err := os.Stat(path); err != nil {
					t.Fatal(err)
				} else if info.Mode().Perm()&0o005 == 0o005 {
					continue
				}
				if err := os.Chmod(path, 0o755); err != nil {
					t.Fatal(err)
				}
			}
		}
		err = filepath.WalkDir(l.directory, func(path string, _ os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return os.Lchown(path, nobody, nobody)
		})
		if err != nil {
			t.Fatal(err)
		}
		asUser(apply, nobody)
		// Who watches the other runs writes where nobody else may.
		apply.Path = secrettest.RealTerraform()
		apply.Env = append(apply.Env, "TMPDIR="+l.directory, "TF_LOG=")
	}
	l.refused(t, apply, "Access denied", "Publishing "+l.baseURI+"/"+jobPath+" failed", "What to do")
	if err := os.Chmod(directory, 0o755); err != nil {
		t.Fatal(err)
	}
	l.converges(t, otherJob)
}

// A file that gets shorter while it is read is another file. Here that happens after its first part was hashed, and before it was sent.
func TestSourceTruncatedWhileItIsRead(t *testing.T) {
	p, proxy := inBucketBehindProxy(t)
	large := strings.Repeat("0123456789abcdef", 20<<20>>4)
	file := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), large)
	truncate := func() {
		var once sync.Once
		proxy.OnRequest(func(r *http.Request) {
			if r.Method == http.MethodPost && r.URL.Query().Has("uploads") {
				once.Do(func() {
					if err := os.Truncate(file, 9<<20); err != nil {
						t.Error(err)
					}
				})
			}
		})
	}
	config := p.provider() + artifact("job", fromFile(file))
	changed := words("The source changed while being read", "Publishing "+p.baseURI+"/"+jobPath+" failed", "Nothing was published")
	applies(t,
		step(config, prepare(truncate), changed),
		step(config, prepare(func() { proxy.Clear(); p.holds(t, jobPath, "") }), p.holding(t, jobPath, large[:9<<20])),
		// An update leaves what exists.
		step(config, prepare(func() { writeFile(t, file, strings.ToUpper(large)); truncate() }), changed),
		step(config, prepare(func() { proxy.Clear(); p.holds(t, jobPath, large[:9<<20]) }), p.holding(t, jobPath, strings.ToUpper(large)[:9<<20])),
	)
}
