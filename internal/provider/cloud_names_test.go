package provider

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
)

// The Terraform face and the rules of workspaces know no cloud by name: where stores differ, the table of schemes has a trait. Texts for
// users may name clouds, and show addresses.
func TestNoCloudByName(t *testing.T) {
	var names, clouds []string // a name that is an everyday word is none in an identifier
	for _, backend := range schemes.All {
		names = append(append(names, backend.Name, backend.Title), backend.Schemes...)
		if !backend.Local {
			clouds = append(clouds, strings.ToLower(backend.Name))
		}
	}
	words := regexp.MustCompile(`[A-Z]+[0-9]*|[A-Z]?[a-z]+[0-9]*`)
	files, looked := token.NewFileSet(), 0
	for _, pattern := range []string{"*.go", "../workspace/*.go"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			looked++
			ast.Inspect(file, func(node ast.Node) bool {
				switch node := node.(type) {
				case *ast.BasicLit:
					if text, err := strconv.Unquote(node.Value); err == nil && slices.Contains(names, strings.TrimRight(text, ":/")) {
						t.Errorf("%s: %s is the name of a store", files.Position(node.Pos()), node.Value)
					}
				case *ast.Ident:
					for _, word := range words.FindAllString(node.Name, -1) {
						if slices.Contains(clouds, strings.ToLower(word)) {
							t.Errorf("%s: %s has the name of a store", files.Position(node.Pos()), node.Name)
						}
					}
				}
				return true
			})
		}
	}
	if looked < 40 {
		t.Errorf("only %d files were found: this test looks at nothing", looked)
	}
}
