package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// spare is how much memory stays for everything else.
const spare = 3 << 30

// file makes a file that does not compress, once for each size.
func (l *lab) file(ctx context.Context, size int64) (string, error) {
	key := strconv.FormatInt(size, 10)
	if path := l.files[key]; path != "" {
		return path, nil
	}
	// The store has the parts and the object made of them at once, in memory too.
	directory := l.path("files")
	if room := l.room(); 3*size+spare > room {
		if 2*size+spare > room {
			return "", fmt.Errorf("%d MiB for the store's copies, and only %d MiB of memory", 2*size>>20, room>>20)
		}
		if err := l.useDisk(size); err != nil {
			return "", err
		}
		directory = l.disk
	}
	path := filepath.Join(directory, "file-"+key+".bin")
	if err := writeRandom(ctx, path, size, 0); err != nil {
		return "", err
	}
	l.files[key] = path
	return path, settle(ctx)
}

// room is how much memory there is for files.
func (l *lab) room() int64 { return min(space(l.directory), memory("MemAvailable")) }

// onDisk says whether a file of that size lies on a disk.
func (l *lab) onDisk(path string) bool { return l.disk != "" && filepath.Dir(path) == l.disk }

func (l *lab) useDisk(size int64) (err error) {
	if l.disk != "" {
		return nil
	}
	cache := filepath.Join(l.repository, ".cache")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return err
	}
	if room := space(cache); size+spare > room {
		return fmt.Errorf("%d MiB for a file, and only %d MiB on the disk", size>>20, room>>20)
	}
	if l.disk, err = os.MkdirTemp(cache, "flink-bench."); err != nil {
		return err
	}
	return os.Chmod(l.disk, 0o755)
}

// manyFiles makes a directory with count files, all different.
func (l *lab) manyFiles(ctx context.Context, count int, size int64) (string, error) {
	key := fmt.Sprintf("%d-%d", count, size)
	if path := l.files[key]; path != "" {
		return path, nil
	}
	if total, room := int64(count)*size, l.room(); 3*total+spare > room {
		return "", fmt.Errorf("%d MiB for files and the store's two copies, and only %d MiB of memory", 3*total>>20, room>>20)
	}
	directory := l.path("files", key)
	if err := os.Mkdir(directory, 0o755); err != nil {
		return "", err
	}
	for i := range count {
		if err := writeRandom(ctx, filepath.Join(directory, "file-"+strconv.Itoa(i)), size, i+1); err != nil {
			return "", err
		}
	}
	l.files[key] = directory
	return directory, settle(ctx)
}

// smallFile makes a file that is not of this very moment, or gives it other bytes.
func (l *lab) smallFile(ctx context.Context, path string, size int64, seed int) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := writeRandom(ctx, path, size, seed); err != nil {
		return err
	}
	return settle(ctx)
}

func writeRandom(ctx context.Context, path string, size int64, seed int) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if closed := file.Close(); err == nil {
			err = closed
		}
	}()
	var key [32]byte
	copy(key[:], strconv.Itoa(seed))
	random := rand.NewChaCha8(key)
	for size > 0 {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n, err := io.CopyN(file, random, min(size, 64<<20))
		if err != nil {
			return err
		}
		size -= n
	}
	return nil
}

// settle waits until files are no longer of this very moment: who remembers a digest must not trust a file that is.
func settle(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(3 * time.Second):
		return nil
	}
}
