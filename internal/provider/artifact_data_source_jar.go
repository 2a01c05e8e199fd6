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

// jarRemoteLimit is how many bytes of a JAR are read at the most where each of them is sent over a network: it stays below 1 MiB, which has the directory of about 9000 classes.
const jarRemoteLimit = 1<<20 - 1

// jarModel has the properties of a JAR.
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
		MarkdownDescription: "Properties of the JAR. Null if the file name (with `source_url`, the last part of its path) does not end in `.jar`. A file with such a name that is not a JAR is an error.",
		Attributes: map[string]schema.Attribute{
			"main_class": schema.StringAttribute{Computed: true, MarkdownDescription: "The class that Flink runs: `program-class` of the manifest, otherwise `Main-Class`. Null if the manifest has neither."},
			"manifest": schema.MapAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "The main attributes of the manifest by name, such as `Implementation-Version`. Empty without a manifest.",
			},
			"java_release": schema.Int64Attribute{
				Computed: true,
				MarkdownDescription: "The oldest Java release that runs the main class (8, 11, 17 and so on), according to its class file. Null if the JAR does not contain the main class. " +
					"Also null, with a warning, if a JAR that is not local has too many entries to find the class in the part that is read.",
			},
			"multi_release": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether this is a multi-release JAR, with separate classes for newer Java releases."},
			"entries":       schema.Int64Attribute{Computed: true, MarkdownDescription: "Number of files and directories in the JAR."},
		},
	}
}

// isJar reports whether a file is treated as a JAR, which depends on its name alone.
func isJar(filename string) bool { return strings.EqualFold(path.Ext(filename), ".jar") }

// file is what a data block names, in the words of messages.
type file struct {
	attribute   string // that names it
	name        string // without a secret
	contentType string // as the server reported; "": it did not
}

// fails is an error in doing something with the file.
func (f file) fails(doing string, err error) diag.Diagnostics {
	return diag.Diagnostics{failureAt(f.attribute, doing+f.name, err)}
}

// notHashed is an error in reading the whole file.
func (f file) notHashed(err error) diag.Diagnostics {
	return diag.Diagnostics{failureAt("include_sha256", "Reading "+f.name, err)}
}

// readJar reads the properties of a JAR.
// limit is the maximum number of bytes to read; 0: no limit.
func (m *artifactDataModel) readJar(f file, r io.ReaderAt, size, limit int64) diag.Diagnostics {
	var diags diag.Diagnostics
	read, err := jar.Read(r, size, limit)
	if err != nil {
		return diag.Diagnostics{f.jarFailure(err)}
	}
	if read.Unsearched {
		diags.AddAttributeWarning(fwpath.Root(f.attribute), "JAR has too many entries to search",
			fmt.Sprintf("java_release is null: %s has %d entries, and the main class is not among those that can be read with a few requests. "+
				"If you need java_release, set source to a local copy of the JAR, of which all entries are read.", f.name, read.Entries))
	}
	m.Jar = &jarModel{Manifest: read.Manifest, MultiRelease: read.MultiRelease, Entries: read.Entries, MainClass: stringOrNull(read.MainClass)}
	if m.Jar.Manifest == nil {
		m.Jar.Manifest = map[string]string{} // null would be another value
	}
	if read.JavaRelease != 0 {
		m.Jar.JavaRelease = types.Int64Value(int64(read.JavaRelease))
	}
	return diags
}

// jarFailure is a JAR that cannot be read.
func (f file) jarFailure(err error) diag.Diagnostic {
	const page = "text/html"
	tried := "Reading " + f.name + " as a JAR"
	var title, advice string
	switch {
	case f.contentType == page && f.attribute == "source_url" && (errors.Is(err, jar.ErrNotJar) || errors.Is(err, source.ErrNoRanges)):
		title, advice = noJarTitle, "The server returned an HTML page instead of the JAR, often a login page. Set credentials for the host in the provider's http block, and check the URL in a browser."
		err = fmt.Errorf("the content type is %q, and the content is not a JAR", page)
	case errors.Is(err, jar.ErrNotJar):
		title, advice = noJarTitle, "The name ends in .jar, so the file must be a JAR. Look at its content, which is often an HTML page that was saved instead of a download. Replace it with the JAR, "+
			"or rename the file if it is of another kind."
	case errors.Is(err, jar.ErrBroken):
		title, advice = "Damaged JAR", "Build or download it again: it may have been truncated. \"jar tf FILE\" must list it without an error."
	default:
		return failureAt(f.attribute, tried, err)
	}
	return diag.NewAttributeErrorDiagnostic(fwpath.Root(f.attribute), title, explained(tried, err, advice))
}

const noJarTitle = "Not a JAR file"
