package secrettest

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// However a secret is written down, and wherever in it the mark stands, it is found.
func TestEveryFormIsFound(t *testing.T) {
	for before := range 8 {
		for after := range 4 {
			secret := strings.Repeat("x", before) + Mark + strings.Repeat("y", after)
			request, err := http.NewRequest(http.MethodGet, "https://repo.example.com", nil)
			if err != nil {
				t.Fatal(err)
			}
			request.SetBasicAuth("me", secret)
			private, err := json.Marshal(map[string][]byte{"download": []byte(`{"source":"` + secret + `"}`)})
			if err != nil {
				t.Fatal(err)
			}
			var percent, escapes strings.Builder
			for _, b := range []byte(secret) {
				fmt.Fprintf(&percent, "%%%02X", b)
				fmt.Fprintf(&escapes, `\u%04x`, b)
			}
			for name, text := range map[string]string{
				"as it is":                      secret,
				"in lower case":                 strings.ToLower(secret),
				"in upper case":                 strings.ToUpper(secret),
				"in a query":                    url.Values{"sig": {secret + "/+= "}}.Encode(),
				"quoted":                        fmt.Sprintf("%q", secret+"\n"),
				"in hexadecimal digits":         hex.EncodeToString([]byte(secret)),
				"in upper hexadecimal digits":   strings.ToUpper(hex.EncodeToString([]byte(secret))),
				"in base64":                     base64.StdEncoding.EncodeToString([]byte(secret)),
				"in base64 for URLs":            base64.RawURLEncoding.EncodeToString([]byte(secret)),
				"as basic authentication":       request.Header.Get("Authorization"),
				"in private state":              base64.StdEncoding.EncodeToString(private),
				"percent-encoded":               percent.String(),
				"in JSON's escapes":             escapes.String(),
				"as bytes that were printed":    fmt.Sprintf("%v", []byte(secret)),
				"as hexadecimal digits, spaced": fmt.Sprintf("% x", secret),
				"as a Go value of bytes":        fmt.Sprintf("%#v", []byte(secret)),
			} {
				s := newSearcher("here")
				s.Write([]byte("before " + text + " after"))
				if len(s.findings) == 0 {
					t.Errorf("%s, %d before and %d after, it is not found: %s", name, before, after, text)
				}
			}
		}
	}
}

// A secret is found wherever the pieces that are written end, and nothing is found where there is none.
func TestSearchInPieces(t *testing.T) {
	text := []byte(strings.Repeat("a log ", 100) + base64.StdEncoding.EncodeToString([]byte(Mark)) + strings.Repeat(" goes on", 100))
	for size := 1; size < len(text); size += 7 {
		s := newSearcher("here")
		for rest := text; len(rest) > 0; rest = rest[min(size, len(rest)):] {
			s.Write(rest[:min(size, len(rest))])
		}
		if len(s.findings) != 1 || s.bytes != int64(len(text)) {
			t.Errorf("in pieces of %d bytes: %v of %d bytes", size, s.findings, s.bytes)
		}
	}
	s := newSearcher("here")
	s.Write([]byte("nothing, and " + Mark[:len(Mark)-1]))
	if len(s.findings) > 0 {
		t.Errorf("found in nothing: %v", s.findings)
	}
}

func archive(t *testing.T, members map[string]string) []byte {
	t.Helper()
	var buffer bytes.Buffer
	writer := zip.NewWriter(&buffer)
	for name, content := range members {
		member, err := writer.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(member, strings.Repeat(" ", 1000)+content); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

// Files are searched, and what is in plans; configurations and their copies are not.
func TestSearchOfFiles(t *testing.T) {
	for name, test := range map[string]struct {
		content []byte
		kind    string
		want    bool
	}{
		"terraform.tfstate":        {[]byte(`{"x":"` + Mark + `"}`), "states", true},
		"terraform.tfstate.backup": {[]byte(`{"x":"` + Mark + `"}`), "states", true},
		"trace.log":                {[]byte(Mark), "logs", true},
		"crash.1.log":              {[]byte(Mark), "logs", true},
		"tfplan":                   {archive(t, map[string]string{"tfplan": Mark, "tfconfig/m-/main.tf": "x"}), "plans", true},
		"saved.plan":               {archive(t, map[string]string{"tfplan": "x", "tfstate": Mark}), "plans", true},
		"good.plan":                {archive(t, map[string]string{"tfplan": "x", "tfconfig/m-/main.tf": Mark}), "plans", false},
		"3c0ffee":                  {[]byte(Mark), "other files", true},
		"main.tf":                  {[]byte(Mark), "", false},
		"x.auto.tfvars.json":       {[]byte(Mark), "", false},
	} {
		t.Run(name, func(t *testing.T) {
			directory := t.TempDir()
			t.Setenv(directoryVariable, t.TempDir())
			if err := os.WriteFile(filepath.Join(directory, name), test.content, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := searchTree(directory); err != nil {
				t.Fatal(err)
			}
			report, err := readLedger(os.Getenv(directoryVariable))
			if err != nil {
				t.Fatal(err)
			}
			if found := len(report.Findings) > 0; found != test.want || test.kind != "" && report.Places[test.kind].Files != 1 {
				t.Errorf("found %v in %v", report.Findings, report.Places)
			}
		})
	}
}

// Of what Terraform prints, the lines that it quotes from the configuration are the user's own, and nothing else is.
func TestSearchOfOutput(t *testing.T) {
	quoted := "╷\n│ Error: Invalid header value\n│ \n│   with provider[\"x\"],\n│   on main.tf line 3, in provider \"flink\":\n│    3:  token = \"" + Mark + "\"\n│ \n│ The value is wrong%s.\n╵\n"
	provider := `{"format_version":"1.2","configuration":{"provider_config":{"flink":{"expressions":{"token":{"constant_value":"%s"}}}},"root_module":{"x":"%s"}},"planned_values":{"x":"%s"}}`
	for name, test := range map[string]struct {
		search func(io.Reader, io.Writer, *searcher)
		text   string
		want   bool
	}{
		"a quoted line":              {searchOutput, fmt.Sprintf(quoted, ""), false},
		"the message after it":       {searchOutput, fmt.Sprintf(quoted, ": "+Mark), true},
		"such a line by itself":      {searchOutput, "3: " + Mark + "\n", true},
		"a line without its end":     {searchOutput, "Error: " + Mark, true},
		"the provider's block":       {searchShown, fmt.Sprintf(provider, Mark, "", ""), false},
		"other configuration":        {searchShown, fmt.Sprintf(provider, "", Mark, ""), true},
		"planned values":             {searchShown, fmt.Sprintf(provider, "", "", Mark), true},
		"a state":                    {searchShown, `{"values":{"x":"` + Mark + `"}}`, true},
		"no JSON in place of a plan": {searchShown, "Error: " + Mark, true},
	} {
		var handedOn bytes.Buffer
		s := newSearcher("here")
		test.search(strings.NewReader(test.text), &handedOn, s)
		if found := len(s.findings) > 0; found != test.want {
			t.Errorf("%s: found %v", name, s.findings)
		}
		if handedOn.String() != test.text {
			t.Errorf("%s: %q was handed on", name, handedOn.String())
		}
	}
}
