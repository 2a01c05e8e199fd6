package secrettest

import (
	"bufio"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// directoryVariable names the directory of the run that watches; "": nobody does.
const directoryVariable = "FLINK_TEST_WATCH_DIRECTORY"

// Watched reports whether this process is one of a run that is watched. Then the directories that tests leave are searched at its end.
func Watched() bool { return os.Getenv(directoryVariable) != "" }

// Leave searches a directory when the test is over, before it is removed.
func Leave(t testing.TB, directory string) {
	t.Helper()
	if !Watched() {
		return
	}
	t.Cleanup(func() {
		if err := searchTree(directory); err != nil {
			t.Error(err)
		}
	})
}

// entry is what one process has searched, in one place.
type entry struct {
	Kind     string
	Where    string
	Files    int
	Bytes    int64
	Findings []Finding `json:",omitempty"`
}

const ledgerFile = "ledger"

// note writes an entry down. All processes of a run write to one file, each entry at once.
func note(e entry) {
	directory := os.Getenv(directoryVariable)
	if directory == "" {
		return
	}
	if err := noteIn(directory, e); err != nil {
		panic(err) // a watcher that loses what it has seen is none
	}
}

func noteIn(directory string, e entry) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(filepath.Join(directory, ledgerFile), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(append(line, '\n'))
	return errors.Join(err, file.Close())
}

// readLedger sums up what all processes have written down.
func readLedger(directory string) (Report, error) {
	report := Report{Places: map[string]Place{}, named: map[string]bool{}}
	file, err := os.Open(filepath.Join(directory, ledgerFile))
	if errors.Is(err, fs.ErrNotExist) {
		return report, nil
	}
	if err != nil {
		return report, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return report, err
		}
		report.add(e)
	}
	return report, lines.Err()
}
