package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/result"
)

// bucket is where everything goes. Each contestant has a prefix of its own in it.
const bucket = "bench"

type options struct {
	quick  bool
	rounds int
}

// lab is all that the measurements share. What it makes lies in one directory, in memory, that goes when the run ends.
type lab struct {
	options
	repository string // of the provider
	directory  string
	disk       string // for files that are too large for memory; "" until there is one
	commit     string
	machine    result.Machine
	terraform  string
	schema     string // the provider's own, in JSON
	tools      []tool
	store      *gateway
	roots      int
	files      map[string]string
}

func newLab(ctx context.Context, o options) (*lab, error) {
	repository, err := filepath.Abs("..")
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(repository, "internal", "provider")); err != nil {
		return nil, fmt.Errorf("run this in the directory bench: %w", err)
	}
	directory, err := os.MkdirTemp("/dev/shm", "flink-bench.")
	if err != nil {
		return nil, err
	}
	l := &lab{options: o, repository: repository, directory: directory, files: map[string]string{}}
	if err := l.open(ctx); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

func (l *lab) open(ctx context.Context) error {
	// nginx, as root, becomes somebody else.
	if err := os.Chmod(l.directory, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"bin", "home", "tmp", "files", "roots", "cache", "log"} {
		if err := os.Mkdir(l.path(name), 0o755); err != nil {
			return err
		}
	}
	found, err := l.output(ctx, "scripts/find-terraform.sh")
	if err != nil {
		return err
	}
	l.terraform = found
	if l.commit, err = l.output(ctx, "git", "describe", "--always", "--dirty=, changed"); err != nil {
		l.commit = "an unknown commit"
	}
	l.machine = describe(ctx, l.terraform)
	if err := l.findTools(ctx); err != nil {
		return err
	}
	if err := l.build(ctx); err != nil {
		return err
	}
	l.store, err = startGateway(ctx, filepath.Join(l.repository, ".bin", "versitygw"), l.path("store"), l.path("log", "versitygw"))
	if err != nil {
		return err
	}
	return l.readSchema(ctx)
}

// readSchema asks the provider what it has.
func (l *lab) readSchema(ctx context.Context) error {
	r, err := l.root(pluginFlink, objects{}, "")
	if err != nil {
		return err
	}
	if _, err := r.terraform(ctx, l.store.host, "providers", "schema", "-json"); err != nil {
		return err
	}
	schema, err := os.ReadFile(l.path("log", r.name+".log"))
	l.schema = string(schema)
	return err
}

// close removes everything, whatever came before.
func (l *lab) close() error {
	if l.store != nil {
		l.store.stop()
	}
	err := os.RemoveAll(l.directory)
	if l.disk != "" {
		err = errors.Join(err, os.RemoveAll(l.disk))
	}
	return err
}

// clear removes what a measurement left.
func (l *lab) clear() error {
	l.files = map[string]string{}
	err := l.store.clear("")
	for _, name := range []string{"files", "roots", "cache"} {
		err = errors.Join(err, os.RemoveAll(l.path(name)), os.Mkdir(l.path(name), 0o755))
	}
	if l.disk != "" {
		err = errors.Join(err, os.RemoveAll(l.disk))
		l.disk = ""
	}
	return err
}

func (l *lab) path(parts ...string) string {
	return filepath.Join(append([]string{l.directory}, parts...)...)
}

// say tells what is going on. Results are not told here.
func (l *lab) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%s  %s\n", time.Now().UTC().Format("15:04:05"), fmt.Sprintf(format, args...))
}

// pick chooses by -quick.
func pick[T any](l *lab, full, quick T) T {
	if l.quick {
		return quick
	}
	return full
}

// times is how many rounds there are.
func (l *lab) times(full, quick int) int {
	if l.rounds > 0 {
		return l.rounds
	}
	return pick(l, full, quick)
}

// output runs a program in the repository, with the user's own environment.
func (l *lab) output(ctx context.Context, name string, args ...string) (string, error) {
	if strings.Contains(name, "/") && !filepath.IsAbs(name) {
		name = filepath.Join(l.repository, name)
	}
	command := exec.CommandContext(ctx, name, args...)
	command.Dir = l.repository
	out, err := command.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w\n%s", err, exit.Stderr)
		}
		return "", fmt.Errorf("%s: %w", command, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// environment is what the contestants get: nothing of the user's but where programs are.
func (l *lab) environment(cache string, more ...string) []string {
	return append([]string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + l.path("home"),
		"TMPDIR=" + l.path("tmp"),
		"XDG_CACHE_HOME=" + cache,
		"AWS_ACCESS_KEY_ID=" + accessKey,
		"AWS_SECRET_ACCESS_KEY=" + secretKey,
		"AWS_REGION=" + region,
		"AWS_CONFIG_FILE=/dev/null",
		"AWS_SHARED_CREDENTIALS_FILE=/dev/null",
		"AWS_EC2_METADATA_DISABLED=true",
		"CHECKPOINT_DISABLE=1",
		"TF_IN_AUTOMATION=1",
	}, more...)
}

// tail is the end of a log, for an error.
func tail(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	const most = 3000
	return string(text[max(0, len(text)-most):])
}

// copyFile copies a program.
func copyFile(to, from string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
