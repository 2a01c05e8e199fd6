package secrettest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"regexp"
)

// Terraform quotes the lines of the configuration that a message is about:
//
//	│   on main.tf line 3, in provider "flink":
//	│    3:  secret_key = "…"
//
// They are the user's own, as the configuration is. These lines, and only directly after such a head, are not searched.
var (
	quoteHead = regexp.MustCompile(`^[│╷╵ ]*on \S+\.tf line \d+`)
	quoteLine = regexp.MustCompile(`^[│ ]*\d+: `)
)

// searchOutput reads what Terraform prints, hands it on, and searches it.
func searchOutput(from io.Reader, to io.Writer, s *searcher) {
	lines, quoting, handingOn := bufio.NewReaderSize(from, 64<<10), false, true
	for {
		line, err := lines.ReadBytes('\n')
		if handingOn {
			if _, failed := to.Write(line); failed != nil {
				handingOn = false // nobody reads any more; Terraform must not be held up for that
			}
		}
		switch {
		case quoting && quoteLine.Match(line):
		default:
			quoting = quoteHead.Match(line)
			s.Write(line)
		}
		if err != nil {
			return
		}
	}
}

// searchShown does the same with what `show -json` prints: JSON in one piece, which has the provider's blocks in it as they stand in the
// configuration. These alone are not searched.
func searchShown(from io.Reader, to io.Writer, s *searcher) {
	var all bytes.Buffer
	io.Copy(io.MultiWriter(&all, quietly{to}), from)
	s.Write(withoutProviderBlocks(all.Bytes()))
}

// quietly is a writer whose failures nobody minds.
type quietly struct{ io.Writer }

func (q quietly) Write(p []byte) (int, error) {
	q.Writer.Write(p)
	return len(p), nil
}

func withoutProviderBlocks(shown []byte) []byte {
	var plan, configuration map[string]json.RawMessage
	if json.Unmarshal(shown, &plan) != nil || json.Unmarshal(plan["configuration"], &configuration) != nil {
		return shown
	}
	delete(configuration, "provider_config")
	rest, err := json.Marshal(configuration)
	if err != nil {
		return shown
	}
	plan["configuration"] = rest
	if rest, err = json.Marshal(plan); err != nil {
		return shown
	}
	return rest
}
