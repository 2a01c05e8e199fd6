package provider

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// titlesOf finds the titles of all errors and warnings in this package's code, and where each is written down.
//
// A title is what is given to the framework's functions for diagnostics, and to those of this package with a parameter of that name. It
// is a constant, the title of a rule or of a table, what one of the functions that find a title returns, or a variable of these.
type titlesOf struct {
	t     *testing.T
	files *token.FileSet
	info  *types.Info
	code  []*ast.File

	written  map[string]map[token.Pos]bool // title → where its text stands
	tried    []ast.Expr                    // what failures say was tried
	warnings map[string]bool               // titles of what is a warning, always or sometimes
	errors   map[string]bool
}

// position has the functions that take a title, and where among the arguments it is; those with a parameter "title" come to them.
var frameworkFunctions = map[string]int{
	"AddError": 0, "AddWarning": 0, "AddAttributeError": 1, "AddAttributeWarning": 1,
	"NewErrorDiagnostic": 0, "NewWarningDiagnostic": 0, "NewAttributeErrorDiagnostic": 1, "NewAttributeWarningDiagnostic": 1,
}

func findTitles(t *testing.T) *titlesOf {
	t.Helper()
	f := &titlesOf{
		t: t, files: token.NewFileSet(), written: map[string]map[token.Pos]bool{}, warnings: map[string]bool{}, errors: map[string]bool{},
		info: &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}},
	}
	for _, directory := range []string{".", "settings", "rule"} {
		f.parse(directory)
	}
	for _, file := range f.code {
		for _, declaration := range file.Decls {
			switch declaration := declaration.(type) {
			case *ast.FuncDecl:
				f.inFunction(declaration)
				f.inTables(declaration)
			case *ast.GenDecl:
				f.inTables(declaration)
			}
		}
	}
	return f
}

// parse reads the code of a package.
func (f *titlesOf) parse(directory string) {
	f.t.Helper()
	paths, err := filepath.Glob(filepath.Join(directory, "*.go"))
	if err != nil {
		f.t.Fatal(err)
	}
	var code []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(f.files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			f.t.Fatal(err)
		}
		code = append(code, file)
	}
	// The package's own names are enough: what it imports is left empty, and the errors that come of that are not looked at.
	config := types.Config{Importer: emptyPackages{}, Error: func(error) {}}
	config.Check(directory, f.files, code, f.info)
	f.code = append(f.code, code...)
}

type emptyPackages struct{}

func (emptyPackages) Import(path string) (*types.Package, error) {
	empty := types.NewPackage(path, filepath.Base(path))
	empty.MarkComplete()
	return empty, nil
}

// inFunction looks at what a function hands over as a title, and returns as one.
func (f *titlesOf) inFunction(function *ast.FuncDecl) {
	if function.Body == nil {
		return
	}
	returnsTitle := function.Type.Results != nil && len(function.Type.Results.List[0].Names) > 0 && function.Type.Results.List[0].Names[0].Name == "title"
	ast.Inspect(function.Body, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.CallExpr:
			f.inCall(function, node)
		case *ast.ReturnStmt:
			if returnsTitle && len(node.Results) > 1 {
				f.title(function, node.Results[0], f.errors)
			}
		}
		return true
	})
}

func (f *titlesOf) inCall(function *ast.FuncDecl, call *ast.CallExpr) {
	name := called(call)
	if name == "failure" || name == "failureAt" {
		f.tried = append(f.tried, call.Args[len(call.Args)-2])
	}
	at, severity := -1, f.errors
	if position, known := frameworkFunctions[name]; known {
		at = position
		if strings.Contains(name, "Warning") {
			severity = f.warnings
		}
	} else if name == "complain" {
		at = 1
		f.title(function, call.Args[at], f.warnings)
	}
	if at < 0 || len(call.Args) == 1 && called(asCall(call.Args[0])) == "failure" { // AddError(failure(…)): its own returns have the titles
		return
	}
	f.title(function, call.Args[at], severity)
}

// inTables takes the titles of rules, of messages, and of tables with a field of that name.
func (f *titlesOf) inTables(declaration ast.Decl) {
	ast.Inspect(declaration, func(node ast.Node) bool {
		literal, ok := node.(*ast.CompositeLit)
		if !ok {
			return true
		}
		if name, ok := literal.Type.(*ast.Ident); ok && name.Name == "message" && len(literal.Elts) > 0 {
			f.title(nil, literal.Elts[0], f.errors)
		}
		if isRule(literal.Type) {
			f.title(nil, literal.Elts[0].(*ast.KeyValueExpr).Value, f.errors)
		}
		if list, ok := literal.Type.(*ast.ArrayType); ok {
			if row, ok := list.Elt.(*ast.StructType); ok && len(row.Fields.List) > 1 && row.Fields.List[1].Names[0].Name == "title" {
				for _, element := range literal.Elts {
					f.title(nil, element.(*ast.CompositeLit).Elts[1], f.errors)
				}
			}
		}
		return true
	})
}

// isRule reports whether a type is written rule.String.
func isRule(of ast.Expr) bool {
	selector, ok := of.(*ast.SelectorExpr)
	if !ok || selector.Sel.Name != "String" {
		return false
	}
	name, ok := selector.X.(*ast.Ident)
	return ok && name.Name == "rule"
}

// title notes the titles that an expression can stand for.
func (f *titlesOf) title(function *ast.FuncDecl, expression ast.Expr, severity map[string]bool) {
	if value := f.info.Types[expression].Value; value != nil && value.Kind() == constant.String {
		text := constant.StringVal(value)
		severity[text] = true
		if f.written[text] == nil {
			f.written[text] = map[token.Pos]bool{}
		}
		f.written[text][f.origin(expression)] = true
		return
	}
	switch expression := expression.(type) {
	case *ast.SelectorExpr:
		if expression.Sel.Name == "title" || expression.Sel.Name == "Title" { // of a rule or a row, which inTables takes
			return
		}
	case *ast.Ident:
		if object := f.info.Uses[expression]; object != nil && function != nil {
			f.variable(function, object, severity)
			return
		}
	}
	f.t.Errorf("%s: this title is none that can be found in the code: make it a constant", f.files.Position(expression.Pos()))
}

// origin is where the text of a constant stands: at its declaration, or right there.
func (f *titlesOf) origin(expression ast.Expr) token.Pos {
	if name, ok := expression.(*ast.Ident); ok && f.info.Uses[name] != nil {
		return f.info.Uses[name].Pos()
	}
	return expression.Pos()
}

// variable takes all values that a function gives to one of its variables. A parameter's are taken where the function is called.
func (f *titlesOf) variable(function *ast.FuncDecl, object types.Object, severity map[string]bool) {
	for _, parameters := range function.Type.Params.List {
		for _, name := range parameters.Names {
			if f.info.Defs[name] == object {
				if function.Name.Name != "complain" {
					f.t.Errorf("%s takes a title, and this test does not know that", function.Name.Name)
				}
				return
			}
		}
	}
	ast.Inspect(function.Body, func(node ast.Node) bool {
		assignment, ok := node.(*ast.AssignStmt)
		if !ok {
			return true
		}
		for i, left := range assignment.Lhs {
			name, ok := left.(*ast.Ident)
			if !ok || f.info.Defs[name] != object && f.info.Uses[name] != object {
				continue
			}
			if len(assignment.Rhs) == len(assignment.Lhs) {
				f.title(function, assignment.Rhs[i], severity)
			} else if source := called(asCall(assignment.Rhs[0])); i != 0 || source != "failure" && source != "sourceFailure" {
				f.t.Errorf("%s: the title comes from %q, which this test does not know", f.files.Position(assignment.Pos()), source)
			}
		}
		return true
	})
}

func asCall(expression ast.Expr) *ast.CallExpr {
	call, _ := expression.(*ast.CallExpr)
	return call
}

// called is the name of what is called, whatever it belongs to.
func called(call *ast.CallExpr) string {
	if call == nil {
		return ""
	}
	switch function := call.Fun.(type) {
	case *ast.Ident:
		return function.Name
	case *ast.SelectorExpr:
		return function.Sel.Name
	}
	return ""
}

// all are the titles, sorted.
func (f *titlesOf) all() []string { return slices.Sorted(maps.Keys(f.written)) }

// places are where a title is written down.
func (f *titlesOf) places(title string) string {
	var places []string
	for position := range f.written[title] {
		places = append(places, fmt.Sprint(f.files.Position(position)))
	}
	slices.Sort(places)
	return strings.Join(places, ", ")
}
