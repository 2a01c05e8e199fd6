package provider

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"golang.org/x/sync/errgroup"
	"golang.org/x/text/unicode/norm"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

const (
	// consoleLimit is how many artifacts of a namespace the platforms' web consoles show, the first ones in byte order of name.
	consoleLimit = 1000
	// hashesAtOnce is the maximum number of concurrent requests for hashes.
	hashesAtOnce = 8
	// namesInWarning bounds how many names a warning repeats.
	namesInWarning = 5
)

type artifactsDataSource struct{ configured *configured }

var _ datasource.DataSourceWithConfigure = (*artifactsDataSource)(nil)

type artifactsModel struct {
	BaseURI       types.String     `tfsdk:"base_uri"`
	Namespace     types.String     `tfsdk:"namespace"`
	Glob          types.String     `tfsdk:"glob"`
	IncludeSHA256 types.Bool       `tfsdk:"include_sha256"`
	Artifacts     []listedArtifact `tfsdk:"artifacts"`
	URIs          []string         `tfsdk:"uris"`
	Filenames     []string         `tfsdk:"filenames"`
}

type listedArtifact struct {
	Filename         string       `tfsdk:"filename"`
	URI              string       `tfsdk:"uri"`
	Size             int64        `tfsdk:"size"`
	ETag             string       `tfsdk:"etag"`
	LastModified     string       `tfsdk:"last_modified"`
	ContentSHA256    types.String `tfsdk:"content_sha256"`
	VisibleInConsole bool         `tfsdk:"visible_in_console"`

	info blob.Info
}

func newArtifactsDataSource() datasource.DataSource { return &artifactsDataSource{} }

func (d *artifactsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_artifacts"
}

func (d *artifactsDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, _ *datasource.ConfigureResponse) {
	d.configured, _ = req.ProviderData.(*configured) // nil: the provider is not configured yet
}

func (d *artifactsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: fmt.Sprintf("Lists all artifacts of a namespace in byte order of their names. A web console shows only the first %d: "+
			"see `visible_in_console`.\n\nA namespace that does not exist has no artifacts, and is not an error.", consoleLimit),
		Attributes: map[string]schema.Attribute{
			"base_uri": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Base URI of the workspace. Default: the provider's.",
				Validators:          []validator.String{baseURIRule},
			},
			"namespace": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Namespace, such as `default`.",
				Validators:          []validator.String{namespaceRule},
			},
			"glob": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Only artifacts whose file name matches: `*` matches any characters, `?` a single one, `[a-c]` one of a class, `{a,b}` either word, " +
					"as in `*.jar`. A backslash escapes the next character.",
				Validators: []validator.String{globRule},
			},
			"include_sha256": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether to return `content_sha256` for each artifact. A listing does not contain it, so this takes one request per matching artifact; " +
					"an artifact that this provider did not write is read as a whole. Default: `false`.",
			},
			"artifacts": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "The matching artifacts, in byte order of their names.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"filename":       schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the file in the namespace."},
					"uri":            schema.StringAttribute{Computed: true, MarkdownDescription: "URI from which Flink reads the file."},
					"size":           schema.Int64Attribute{Computed: true, MarkdownDescription: "Size in bytes."},
					"etag":           schema.StringAttribute{Computed: true, MarkdownDescription: "ETag of the object in the store. It is not a hash of the content."},
					"last_modified":  schema.StringAttribute{Computed: true, MarkdownDescription: "Time of the last modification in RFC 3339 format, in UTC and whole seconds."},
					"content_sha256": schema.StringAttribute{Computed: true, MarkdownDescription: "SHA-256 of the content. Null without `include_sha256`."},
					"visible_in_console": schema.BoolAttribute{
						Computed:            true,
						MarkdownDescription: fmt.Sprintf("Whether it is among the first %d artifacts of the namespace, regardless of `glob`.", consoleLimit),
					},
				}},
			},
			"uris": schema.ListAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "The `uri` of each of `artifacts`.",
			},
			"filenames": schema.ListAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "The `filename` of each of `artifacts`.",
			},
		},
	}
}

func (d *artifactsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model artifactsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	base, store, diags := d.configured.openNow(&model.BaseURI)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}

	directory := workspace.ArtifactsDirectory(model.Namespace.ValueString())
	tried := "Listing " + base.URI(directory)
	listed, diags := list(ctx, store, base, directory)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !model.Glob.IsNull() {
		listed = slices.DeleteFunc(listed, func(artifact listedArtifact) bool {
			return !doublestar.MatchUnvalidated(model.Glob.ValueString(), artifact.Filename)
		})
	}
	if model.IncludeSHA256.ValueBool() {
		var err error
		if listed, err = withHashes(ctx, store, listed); err != nil {
			resp.Diagnostics.Append(failureAt("include_sha256", tried, err))
			return
		}
	}
	model.Artifacts, model.URIs, model.Filenames = listed, []string{}, []string{}
	for _, artifact := range listed {
		model.URIs = append(model.URIs, artifact.URI)
		model.Filenames = append(model.Filenames, artifact.Filename)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
}

// list reads every page of a namespace's directory.
func list(ctx context.Context, store blob.Store, base workspace.BaseURI, directory string) ([]listedArtifact, diag.Diagnostics) {
	var (
		diags    diag.Diagnostics
		listed   = []listedArtifact{}
		unusable []string
		position int
	)
	query := blob.Query{Prefix: base.Key(directory), Delimiter: "/"}
	for page, err := range blob.Pages(ctx, store, query) {
		if err != nil {
			diags.Append(failureAt("base_uri", "Listing "+base.URI(directory), err))
			return nil, diags
		}
		for _, info := range page.Infos {
			filename, below := strings.CutPrefix(info.Key, query.Prefix)
			if !below || filename == "" || strings.Contains(filename, "/") {
				continue // the directory's own marker, or in a deeper one
			}
			position++
			if !isExpressible(filename) {
				unusable = append(unusable, filename)
				continue
			}
			artifact := listedArtifact{Filename: filename, URI: base.URI(directory + filename), VisibleInConsole: position <= consoleLimit}
			artifact.observe(info)
			listed = append(listed, artifact)
		}
	}
	if position > consoleLimit {
		diags.AddWarning("Web consoles do not show all artifacts",
			fmt.Sprintf("%s has %d artifacts. The platforms' web consoles show the first %d in byte order of name; the others can still be used by their URI. "+
				"Delete artifacts that are no longer needed, or use additional namespaces.", base.URI(directory), position, consoleLimit))
	}
	if len(unusable) > 0 {
		diags.AddWarning("Some file names cannot be listed", unusableDetail(base.URI(directory), unusable))
	}
	return listed, diags
}

// isExpressible reports whether a name reaches the configuration as it is in the store: Terraform's strings are UTF-8 in normal form C.
// Besides, "." and ".." in an address are directories, so that it would lead out of the namespace.
func isExpressible(filename string) bool {
	return utf8.ValidString(filename) && norm.NFC.IsNormalString(filename) && filename != "." && filename != ".."
}

func unusableDetail(directory string, names []string) string {
	var quoted []string
	for _, name := range names[:min(len(names), namesInWarning)] {
		quoted = append(quoted, fmt.Sprintf("%+q", name))
	}
	if more := len(names) - len(quoted); more > 0 {
		quoted = append(quoted, fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("These names in %s are omitted: %s. They are not valid UTF-8, not in the normal form (NFC) of Terraform strings, or denote a directory (\".\", \"..\"), so that their URI would be a different one. "+
		"Rename the files if jobs need them.", directory, strings.Join(quoted, ", "))
}

func (a *listedArtifact) observe(info blob.Info) {
	a.info = info
	a.Size, a.ETag = info.Size, info.ETag
	a.LastModified = inSeconds(info.ModTime)
}

// inSeconds is a time as data sources return it.
// Listings and single requests have different precision.
func inSeconds(at time.Time) string { return at.UTC().Truncate(time.Second).Format(time.RFC3339) }

// withHashes adds the stored hash of each artifact, else that of its bytes.
// An artifact that has gone since the listing is left out.
func withHashes(ctx context.Context, store blob.Store, listed []listedArtifact) ([]listedArtifact, error) {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(hashesAtOnce)
	for i := range listed {
		artifact := &listed[i]
		group.Go(func() error {
			info, err := store.Head(ctx, artifact.info.Key)
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			hash, err := blob.Digest(ctx, store, info)
			if err != nil {
				return err
			}
			artifact.observe(info)
			artifact.ContentSHA256 = types.StringValue(hash.String())
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(listed, func(artifact listedArtifact) bool { return artifact.ContentSHA256.IsNull() }), nil
}
