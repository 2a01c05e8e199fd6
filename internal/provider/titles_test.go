package provider

import (
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
)

// Each failure has one title of its own, which says what it is.
func TestTitles(t *testing.T) {
	found := findTitles(t)
	titles := found.all()
	t.Logf("%d titles: %d of errors, %d of warnings", len(titles), len(found.errors), len(found.warnings))
	if len(titles) < 80 {
		t.Errorf("only %d titles were found: this test looks at nothing", len(titles))
	}
	vague := regexp.MustCompile(`(?i)client error|^error$|failed$|^unable to|something went wrong|invalid (value|configuration|argument)$`)
	for _, title := range titles {
		if len(found.written[title]) > 1 {
			t.Errorf("%q is written down in several places, as if it were the title of several failures: %s", title, found.places(title))
		}
		if strings.HasSuffix(title, ".") || strings.TrimSpace(title) != title || title[:1] != strings.ToUpper(title[:1]) || len(title) > 80 {
			t.Errorf("%q is no title: one short line that begins with a capital and has no full stop", title)
		}
		if vague.MatchString(title) {
			t.Errorf("%q says nothing", title)
		}
	}
	for _, tried := range found.tried {
		if found.info.Types[tried].Value != nil {
			t.Errorf("%s: what was tried is the same text always, so it does not say on which URI", found.files.Position(tried.Pos()))
		}
	}
}

// guide is the page that lists every failure.
const guide = "../../templates/guides/troubleshooting.md"

// The guide has a row for each title, to the letter, and none for another.
func TestTitlesInTheGuide(t *testing.T) {
	page, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]int{}
	for _, row := range regexp.MustCompile(`(?m)^\| \*\*(.+?)\*\* \|(.*)\|(.*)\|$`).FindAllSubmatch(page, -1) {
		listed[string(row[1])]++
		if len(bytes.TrimSpace(row[2])) < 15 || len(bytes.TrimSpace(row[3])) < 15 {
			t.Errorf("the row of %q has no cause or no cure", row[1])
		}
	}
	titles := findTitles(t).all()
	for _, title := range titles {
		if listed[title] != 1 {
			t.Errorf("%s has %d rows for %q", guide, listed[title], title)
		}
	}
	for title := range listed {
		if !slices.Contains(titles, title) {
			t.Errorf("%s has a row for %q, which no code says", guide, title)
		}
	}
}

// Whatever fails, the message says what was tried, the cause, and the next step.
func TestFailuresAreExplained(t *testing.T) {
	const tried, cause = "Reading s3://bucket/vvp/job.jar", "the cause in its own words"
	causes := []error{errors.New(cause), &blob.MismatchError{Size: 5}}
	for _, known := range failures {
		causes = append(causes, known.is)
	}
	for _, is := range causes {
		for name, err := range map[string]error{
			"bare":                          is,
			"of a store":                    &blob.Error{Op: "GetObject", URI: "s3://bucket/vvp/job.jar", Message: cause, Err: is},
			"of a store that knows better":  &blob.Error{Op: "GetObject", URI: "s3://bucket/vvp/job.jar", Message: cause, Err: is, Advice: "Do this."},
			"of a source":                   &source.Error{Source: "https://repo.example.com/job.jar", Message: cause, Err: is},
			"of a source that knows better": &source.Error{Source: "https://repo.example.com/job.jar", Message: cause, Err: is, Advice: "Do this."},
		} {
			title, detail := failure(tried, err)
			parts := regexp.MustCompile(`(?s)^(.+) failed\.\n\nCause: (.+)\n\nWhat to do: (.+)$`).FindStringSubmatch(detail)
			switch {
			case parts == nil:
				t.Errorf("%v, %s: %q has not the three parts", is, name, detail)
			case parts[1] != tried, !strings.HasSuffix(parts[2], "."), !strings.HasSuffix(parts[3], "."), title == "":
				t.Errorf("%v, %s: %q: %q", is, name, title, detail)
			case name != "bare" && !strings.Contains(parts[2], cause):
				t.Errorf("%v, %s: the cause is hidden: %q", is, name, parts[2])
			case strings.HasSuffix(name, "better") && parts[3] != "Do this." && !errors.Is(is, blob.ErrNotAccelerated):
				t.Errorf("%v, %s: the advice is %q", is, name, parts[3])
			}
			if known := !errors.Is(is, causes[0]); known == (title == unexpectedTitle) && !strings.HasPrefix(name, "of a store that") {
				t.Errorf("%v, %s: the title is %q", is, name, title)
			}
		}
	}
	if title, _ := failure(tried, &blob.Error{Err: errors.New("no space left on device"), Advice: "Make room."}); title == unexpectedTitle {
		t.Error("what a backend has advice for is called unexpected")
	}
}

// Every kind of failure that stores and sources have has a message for users.
func TestEverySentinelHasATitle(t *testing.T) {
	told := map[string]bool{
		// No failure: the caller of Put requested it, and continues.
		"the same bytes are there already": true,
	}
	for _, known := range failures {
		told[known.is.Error()] = true
	}
	sentinels := 0
	for _, directory := range []string{"../blob", "../source"} {
		paths, err := filepath.Glob(directory + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(node ast.Node) bool {
				value, ok := node.(*ast.ValueSpec)
				if !ok || !strings.HasPrefix(value.Names[0].Name, "Err") || len(value.Values) != 1 || called(asCall(value.Values[0])) != "New" {
					return true
				}
				sentinels++
				text := strings.Trim(asCall(value.Values[0]).Args[0].(*ast.BasicLit).Value, `"`)
				if !told[text] {
					t.Errorf("%s: %s has no title in the table of failures", path, value.Names[0].Name)
				}
				return true
			})
		}
	}
	if sentinels < 15 {
		t.Errorf("only %d sentinels were found: this test looks at nothing", sentinels)
	}
}
