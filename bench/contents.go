package main

import (
	"cmp"
	"context"
	"debug/elf"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/result"
)

func mebibytes(size int64) string { return fmt.Sprintf("%.1f", float64(size)/(1<<20)) }

// sectionsOf says what kinds of bytes a program's file has.
func sectionsOf(path string) (result.Table, error) {
	table := result.Table{Title: "Its sections of more than 0.1 MiB", Head: []string{"section", "MiB"}}
	file, err := elf.Open(path)
	if err != nil {
		return table, err
	}
	defer file.Close()
	sections := slices.Clone(file.Sections)
	slices.SortFunc(sections, func(a, b *elf.Section) int { return cmp.Compare(b.FileSize, a.FileSize) })
	for _, s := range sections {
		if s.Type != elf.SHT_NOBITS && s.FileSize > 100<<10 {
			table.Rows = append(table.Rows, []string{"`" + s.Name + "`", fmt.Sprintf("%.1f", float64(s.FileSize)/(1<<20))})
		}
	}
	return table, nil
}

// modulesOf adds up the symbols of a build with symbols, by the modules that they come from.
func (l *lab) modulesOf(ctx context.Context) (result.Table, error) {
	table := result.Table{Title: "Code and data by module, as far as they have a name (without the tables of line numbers)", Head: []string{"module", "MiB"}}
	named := l.path("bin", "named")
	defer func() { _ = remove(named) }()
	if _, err := l.output(ctx, "env", slices.Concat([]string{"CGO_ENABLED=0", "go", "build"}, strings.Fields(buildFlags), []string{"-o", named, "."})...); err != nil {
		return table, err
	}
	list, err := l.output(ctx, "go", "list", "-deps", "-f", "{{.ImportPath}} {{with .Module}}{{.Path}}{{else}}the standard library{{end}}", ".")
	if err != nil {
		return table, err
	}
	modules := map[string]string{"main": "this provider"}
	for line := range strings.Lines(list) {
		path, module, _ := strings.Cut(strings.TrimSpace(line), " ")
		if strings.HasSuffix(module, "/terraform-provider-flink") {
			module = "this provider"
		}
		modules[path] = module
	}
	file, err := elf.Open(named)
	if err != nil {
		return table, err
	}
	defer file.Close()
	symbols, err := file.Symbols()
	if err != nil {
		return table, err
	}
	sizes := map[string]int64{}
	for _, symbol := range symbols {
		if at := int(symbol.Section); at < len(file.Sections) && file.Sections[at].Type != elf.SHT_NOBITS { // of those the file has nothing
			sizes[cmp.Or(modules[packageOf(symbol.Name)], "types, and what has no package")] += int64(symbol.Size) //nolint:gosec // no file is that large
		}
	}
	names := slices.SortedFunc(maps.Keys(sizes), func(a, b string) int { return cmp.Compare(sizes[b], sizes[a]) })
	const most = 14
	rest := int64(0)
	for i, name := range names {
		if i >= most {
			rest += sizes[name]
			continue
		}
		table.Rows = append(table.Rows, []string{name, mebibytes(sizes[name])})
	}
	if rest > 0 {
		table.Rows = append(table.Rows, []string{fmt.Sprintf("%d others", len(names)-most), mebibytes(rest)})
	}
	return table, nil
}

// packageOf is the import path in a symbol's name: up to the first dot after the last slash that comes before any parameters.
func packageOf(symbol string) string {
	symbol, _, _ = strings.Cut(symbol, "[")
	symbol = strings.TrimPrefix(symbol, "go:itab.*")
	symbol = strings.TrimPrefix(symbol, "go:itab.")
	symbol = strings.TrimPrefix(symbol, "type:.eq.")
	symbol = strings.TrimPrefix(symbol, "type:.hash.")
	symbol, _, _ = strings.Cut(symbol, ",")
	symbol, _, _ = strings.Cut(symbol, "(")
	directory, last := "", symbol
	if slash := strings.LastIndex(symbol, "/"); slash >= 0 {
		directory, last = symbol[:slash+1], symbol[slash+1:]
	}
	last, _, _ = strings.Cut(last, ".")
	return directory + strings.ReplaceAll(last, "%2e", ".")
}
