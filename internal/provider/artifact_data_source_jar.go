package provider

import (
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	fwpath "github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/jar"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
)

// jarRemoteLimit is how many bytes of a JAR are read at the most where each of them is sent over a network: it stays below 1 MiB, which has
// the directory of about 9000 classes.
const jarRemoteLimit = 1<<20 - 1

// jarModel is what a JAR says of itself.
type jarModel struct {
	MainClass    types.String      `tfsdk:"main_class"`
	Manifest     map[string]string `tfsdk:"manifest"`
	JavaRelease  types.Int64       `tfsdk:"java_release"`
	MultiRelease bool              `tfsdk:"multi_release"`
	Entries      int64             `tfsdk:"entries"`
}

func jarSchema() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Computed:            true,
		MarkdownDescription: "What a JAR says of itself; null of a file whose name (in `source_url`: the last part of its path) does not end in `.jar`. A file of that name that is no JAR is an error.",
		Attributes: map[string]schema.Attribute{
			"main_class": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The class that Flink runs: `program-class` of the manifest, else `Main-Class`; null where neither is there.",
			},
			"manifest": schema.MapAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "The main attributes of the manifest, by their names as written, such as `Implementation-Version`; empty where there is no manifest.",
			},
			"java_release": schema.Int64Attribute{
				Computed: true,
				MarkdownDescription: "The oldest Java that runs the main class: 8, 11, 17 and so on, by its class file; null where there is no main class in the JAR. " +
					"Null too, with a warning, where a JAR that is not local has so many entries that the class was not found in what is read of them.",
			},
			"multi_release": schema.BoolAttribute{
				Computed:            true,
				MarkdownDescription: "Whether the JAR has classes of their own for newer Javas.",
			},
			"entries": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "How many files and directories it has.",
			},
		},
	}
}

// isJar says whether a file is taken for a JAR, by its name alone.
func isJar(filename string) bool { return strings.EqualFold(path.Ext(filename), ".jar") }

// file is what a data block names, in the words of messages.
type file struct {
	attribute   string // that names it
	name        string // without a secret
	contentType string // as it was told; "": it was not
}

// readJar reads what a JAR says of itself. Limit 0 is none.
func (f file) readJar(r io.ReaderAt, size, limit int64) (*jarModel, diag.Diagnostics) {
	var diags diag.Diagnostics
	told, err := jar.Read(r, size, limit)
	if err != nil {
		diags.Append(f.jarFailure(err))
		return nil, diags
	}
	if told.Unsearched {
		diags.AddAttributeWarning(fwpath.Root(f.attribute), "The JAR has too many entries to be searched",
			fmt.Sprintf("java_release is null: %s has %d entries, and the main class is not among those that a few requests can read. "+
				"If you need java_release, set source to a local copy of the JAR: there all entries are read.", f.name, told.Entries))
	}
	model := jarModel{Manifest: told.Manifest, MultiRelease: told.MultiRelease, Entries: told.Entries}
	if model.Manifest == nil {
		model.Manifest = map[string]string{} // null would be another value
	}
	if told.MainClass != "" {
		model.MainClass = types.StringValue(told.MainClass)
	}
	if told.JavaRelease != 0 {
		model.JavaRelease = types.Int64Value(int64(told.JavaRelease))
	}
	return &model, diags
}

// jarFailure is a JAR that cannot be read.
func (f file) jarFailure(err error) diag.Diagnostic {
	const page = "text/html"
	tried := "Reading " + f.name + " as a JAR"
	var title, advice string
	switch {
	case f.contentType == page && f.attribute == "source_url" && (errors.Is(err, jar.ErrNotJar) || errors.Is(err, source.ErrNoRanges)):
		title, advice = noJarTitle, "The server sends a page of HTML in place of the JAR, often one that asks for a password: set the host's credentials in the provider's http block, and check the URL in a browser."
		err = fmt.Errorf("the content type is %q, and it is no JAR", page)
	case errors.Is(err, jar.ErrNotJar):
		title, advice = noJarTitle, "Its name ends in .jar, so it must be one. Look into the file: often it is a page of HTML in place of a download. Put the JAR in its place; "+
			"if it is meant to be another kind of file, give it another name."
	case errors.Is(err, jar.ErrBroken):
		title, advice = "The JAR is broken", "Build it or fetch it again: it may have been cut off on its way. \"jar tf FILE\" must list it without an error."
	default:
		return failureAt(f.attribute, tried, err)
	}
	return diag.NewAttributeErrorDiagnostic(fwpath.Root(f.attribute), title, explained(tried, err, advice))
}

const noJarTitle = "The file is no JAR"
