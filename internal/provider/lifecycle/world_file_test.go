package lifecycle_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/pkg/xattr"
)

// directory is a world of local files.
type directory struct {
	root  string
	clock time.Time // of what is written behind the provider's back: each time another one
}

func newDirectory(root string) *directory {
	return &directory{root: root, clock: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)}
}

func (*directory) name() string { return "file" }

func (d *directory) provider() map[string]tftypes.Value {
	return map[string]tftypes.Value{"base_uri": str(d.bases("a")[0]), "digest_cache": boolean(false)}
}

func (d *directory) bases(prefix string) []string {
	base := "file://" + d.root + "/" + prefix
	return []string{base, base + "/"}
}

func (d *directory) at(path string) string { return filepath.Join(d.root, filepath.FromSlash(path)) }

// attributeName is the extended attribute with what the provider stores about a file. It is part of users' files.
const attributeName = "user.flink"

// record is what it holds. It counts only while size and time are those of the file.
type record struct {
	Owner       string            `json:"owner,omitempty"`
	ContentType string            `json:"content_type,omitempty"`
	Metadata    map[string]string `json:"metadata,omitempty"`
	Size        int64             `json:"size"`
	ModTime     int64             `json:"mtime_ns"`
}

func (d *directory) look() map[string]thing {
	things := map[string]thing{}
	must(filepath.WalkDir(d.root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == d.root {
			return err
		}
		key := strings.TrimPrefix(filepath.ToSlash(path), filepath.ToSlash(d.root)+"/")
		if entry.IsDir() {
			things[key+"/"] = thing{}
			return nil
		}
		data, err := os.ReadFile(path)
		must(err)
		found, err := os.Stat(path)
		must(err)
		o := thing{data: string(data), tag: tagOf(found), metadata: map[string]string{}}
		if told, ok := d.record(path, found); ok {
			o.owner, o.kind, o.metadata = told.Owner, told.ContentType, told.Metadata
		}
		things[key] = o
		return nil
	}))
	return things
}

func tagOf(found fs.FileInfo) string {
	return fmt.Sprintf("%d/%d/%s", found.Size(), found.ModTime().UnixNano(), systemTag(found))
}

func (d *directory) record(path string, found fs.FileInfo) (told record, ok bool) {
	value, err := xattr.Get(path, attributeName)
	if errors.Is(err, xattr.ENOATTR) {
		return record{}, false
	}
	must(err)
	must(json.Unmarshal(value, &told))
	return told, told.Size == found.Size() && told.ModTime == found.ModTime().UnixNano()
}

// put writes a new file in the place of an old one, or writes over it, in turns: a file that was written a moment ago in the same size must not look as
// it did.
func (d *directory) put(path string, data []byte, metadata map[string]string) {
	at := d.at(path)
	must(os.MkdirAll(filepath.Dir(at), 0o755))
	d.clock = d.clock.Add(time.Second)
	if found, err := os.Stat(at); err == nil && d.clock.Unix()%2 == 0 {
		must(os.WriteFile(at, data, found.Mode()))
	} else {
		must(os.WriteFile(at+".new", data, 0o644))
		must(os.Rename(at+".new", at))
	}
	must(os.Chtimes(at, d.clock, d.clock))
	if metadata != nil {
		found, err := os.Stat(at)
		must(err)
		d.tell(at, record{Metadata: metadata, Size: found.Size(), ModTime: found.ModTime().UnixNano()})
	}
}

func (d *directory) tell(at string, told record) {
	value, err := json.Marshal(told)
	must(err)
	must(xattr.Set(at, attributeName, value))
}

// edit waits until the clock of the file system has gone on: a change within one tick is not seen, as the backend's own documentation says.
func (d *directory) edit(path string, metadata map[string]string) {
	at := d.at(path)
	before, err := os.Stat(at)
	must(err)
	told, ok := d.record(at, before)
	if !ok {
		told = record{Size: before.Size(), ModTime: before.ModTime().UnixNano()}
	}
	told.Metadata = metadata
	for {
		d.tell(at, record{}) // the same value twice is no change to some file systems
		d.tell(at, told)
		after, err := os.Stat(at)
		must(err)
		if tagOf(after) != tagOf(before) {
			return
		}
	}
}

func (d *directory) own(path, token string) {
	at := d.at(path)
	found, err := os.Stat(at)
	must(err)
	told, _ := d.record(at, found)
	d.tell(at, record{Owner: token, Metadata: told.Metadata, Size: found.Size(), ModTime: found.ModTime().UnixNano()})
}

func (d *directory) remove(path string) { must(os.Remove(d.at(path))) }

func (d *directory) leftovers() []string {
	var left []string
	for path := range d.look() {
		if strings.HasPrefix(filepath.Base(path), ".") {
			left = append(left, path)
		}
	}
	return left
}

func (*directory) settle() {} // files are written by the call itself

func (*directory) harms() []string { return []string{"cancelled", "in the way"} }

// harm cancels, or puts something in the way: a file where the artifacts' directory should be.
func (d *directory) harm(kind string, n int) (context.Context, func()) {
	if kind == "cancelled" {
		ctx := newCountdown(n)
		return ctx, ctx.cancel
	}
	var ends []func()
	for _, prefix := range []string{"a", "b"} {
		there, away := d.at(prefix), d.at(prefix+".away")
		_, err := os.Stat(there)
		moved := err == nil
		if moved {
			must(os.Rename(there, away))
		}
		must(os.WriteFile(there, nil, 0o644))
		ends = append(ends, func() {
			must(os.Remove(there))
			if moved {
				must(os.Rename(away, there))
			}
		})
	}
	return context.Background(), func() {
		for _, end := range ends {
			end()
		}
	}
}

func (*directory) remote(string) string { return "" }

func (*directory) copies() bool { return false }

func (*directory) accelerate(bool) {}

func (*directory) allow([]corsRule) {}
