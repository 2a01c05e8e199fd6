package provider

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// workspaceStorageModel is the resource as Terraform has it.
type workspaceStorageModel struct {
	BaseURI               types.String   `tfsdk:"base_uri"`
	Namespaces            types.Set      `tfsdk:"namespaces"`
	Directories           types.Set      `tfsdk:"directories"`
	CORSRule              types.Object   `tfsdk:"cors_rule"`
	Bucket                types.String   `tfsdk:"bucket"`
	DirectoryURIs         types.Map      `tfsdk:"directory_uris"`
	NamespaceArtifactURIs types.Map      `tfsdk:"namespace_artifact_uris"`
	Timeouts              timeouts.Value `tfsdk:"timeouts"`
}

// consoleOrigin is where the documented web console runs.
//
// Source: Realtime Compute for Apache Flink, "Manage artifacts", step 2: this origin, all methods, the header "*", and no more.
const consoleOrigin = "https://vvpsg.console.alibabacloud.com"

// corsMethods are those that S3 and OSS know.
var corsMethods = []string{"DELETE", "GET", "HEAD", "POST", "PUT"}

// maxCORSAge is the most seconds that OSS takes; S3 takes more.
const maxCORSAge = 999_999_999

var (
	corsHeaderRule   = rule.String{Title: "Invalid header to allow", Check: checkCORSHeader}
	exposeHeaderRule = rule.String{Title: "Invalid header to expose", Check: rule.CheckHeaderName}
)

func (r *workspaceStorageResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "What a Flink workspace needs in its bucket before jobs run: its directories, its namespaces, and the CORS rule by which a web console uploads.\n\n" +
			"What is there already is adopted. Destroying it, or taking something out of it, never deletes data: only directories in which there is nothing go, and of the bucket's CORS rules only its own.",
		Attributes: map[string]schema.Attribute{
			"base_uri": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Base URI of the workspace. Default: the provider's. Another bucket or prefix replaces the resource; another spelling of the same one does not.",
				Validators:          []validator.String{baseURIRule},
			},
			"namespaces": schema.SetAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Namespaces, such as `default`: each gets its directory `artifacts/namespaces/<namespace>`. " +
					"One that is taken out while it holds artifacts keeps its directory, with a warning.",
				Validators: []validator.Set{setvalidator.NoNullValues(), setvalidator.ValueStringsAre(namespaceRule)},
			},
			"directories": schema.SetAttribute{
				Optional: true, Computed: true, ElementType: types.StringType,
				Default: setdefault.StaticValue(stringSet(workspace.Directories())),
				MarkdownDescription: "Directories below the base URI: empty objects whose names end in `/`, real directories with `file://`. Default: those of Flink platforms, `" +
					strings.Join(workspace.Directories(), "`, `") + "`. One that is taken out while it holds anything stays, with a warning.",
				Validators: []validator.Set{setvalidator.NoNullValues(), setvalidator.ValueStringsAre(directoryRule)},
			},
			"cors_rule": corsRuleSchema(),
			"bucket": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Name of the bucket; with `file://` the directory's path.",
			},
			"directory_uris": schema.MapAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "URI of each of `directories`, without a slash at its end, as Flink's configuration wants it: " +
					"`directory_uris[\"flink-savepoints\"]` goes into `state.savepoints.dir`.",
			},
			"namespace_artifact_uris": schema.MapAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "URI of each namespace's artifacts, without a slash at its end.",
			},
			"timeouts": timeouts.Attributes(ctx, timeouts.Opts{Create: true, Read: true, Update: true, Delete: true}),
		},
	}
}

func corsRuleSchema() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "A CORS rule of the bucket, which lets a web console upload from the browser. `cors_rule = {}` is the rule that Realtime Compute for Apache Flink documents for its console. " +
			"It is merged into the bucket's rules: all others stay, in their order; it is put after them, and mended in its place. If a rule of somebody else allows the same already, none is added. " +
			"On OSS rules have no IDs: a rule is known by what was written last, so one that was changed by hand counts as somebody else's, and workspaces in one bucket with the same rule share it. " +
			"When the one that wrote it is destroyed, the next apply of another one writes it again. " +
			"Between its reading and its writing of the rules, what another program writes to them is lost, since the stores know no condition here.",
		Attributes: map[string]schema.Attribute{
			"allowed_origins": schema.SetAttribute{
				Optional: true, Computed: true, ElementType: types.StringType,
				Default:             setdefault.StaticValue(stringSet([]string{consoleOrigin})),
				MarkdownDescription: "Origins, such as `https://console.example.com`; each may have one `*`. Default: `" + consoleOrigin + "`.",
				Validators:          []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.NoNullValues(), setvalidator.ValueStringsAre(originRule)},
			},
			"allowed_methods": schema.SetAttribute{
				Optional: true, Computed: true, ElementType: types.StringType,
				Default:             setdefault.StaticValue(stringSet(corsMethods)),
				MarkdownDescription: "Methods among `" + strings.Join(corsMethods, "`, `") + "`. Default: all of them.",
				Validators:          []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.NoNullValues(), setvalidator.ValueStringsAre(stringvalidator.OneOf(corsMethods...))},
			},
			"allowed_headers": schema.SetAttribute{
				Optional: true, Computed: true, ElementType: types.StringType,
				Default:             setdefault.StaticValue(stringSet([]string{"*"})),
				MarkdownDescription: "Headers that a request may have; each may have one `*`. Default: `*`, all of them.",
				Validators:          []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.NoNullValues(), setvalidator.ValueStringsAre(corsHeaderRule)},
			},
			"expose_headers": schema.SetAttribute{
				Optional: true, Computed: true, ElementType: types.StringType,
				Default:             setdefault.StaticValue(stringSet(nil)),
				MarkdownDescription: "Headers of an answer that scripts may read, such as `ETag`. Default: none, as the documented rule has none.",
				Validators:          []validator.Set{setvalidator.NoNullValues(), setvalidator.ValueStringsAre(exposeHeaderRule)},
			},
			"max_age_seconds": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "How long a browser may keep the answer to its preflight request. Not set, the browser decides.",
				Validators:          []validator.Int64{int64validator.Between(0, maxCORSAge)},
			},
		},
	}
}

func (r *workspaceStorageResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = uriIdentitySchema("Base URI of the workspace, such as s3://my-bucket/vvp.")
}

// compute fills in what follows from the base URI, directories and namespaces; nil: the base URI is not known.
func (m *workspaceStorageModel) compute(base *workspace.BaseURI) {
	m.Bucket = types.StringUnknown()
	m.DirectoryURIs, m.NamespaceArtifactURIs = types.MapUnknown(types.StringType), types.MapUnknown(types.StringType)
	if base == nil {
		return
	}
	m.Bucket = types.StringValue(base.Bucket)
	if directories, known := knownStrings(m.Directories); known {
		m.DirectoryURIs = urisOf(directories, base.URI)
	}
	if namespaces, known := knownStrings(m.Namespaces); known {
		m.NamespaceArtifactURIs = urisOf(namespaces, func(namespace string) string {
			return strings.TrimSuffix(base.URI(workspace.ArtifactsDirectory(namespace)), "/")
		})
	}
}

func urisOf(names []string, uri func(string) string) types.Map {
	uris := map[string]string{}
	for _, name := range names {
		uris[name] = uri(name)
	}
	return stringMap(uris)
}

// keys are the keys of all directories, those of namespaces among them, by what they are called in messages. All must be known.
func (m *workspaceStorageModel) keys(base workspace.BaseURI) map[string]string {
	keys := map[string]string{}
	namespaces, _ := knownStrings(m.Namespaces)
	for _, namespace := range namespaces {
		keys[base.Key(workspace.ArtifactsDirectory(namespace))] = "namespace " + namespace
	}
	directories, _ := knownStrings(m.Directories)
	for _, directory := range directories {
		keys[base.Key(directory+"/")] = "directory " + directory
	}
	return keys
}

// keepExisting takes out of the sets what is not in the store.
func (m *workspaceStorageModel) keepExisting(base workspace.BaseURI, existing []string) {
	m.Directories = filtered(m.Directories, func(directory string) bool {
		return slices.Contains(existing, base.Key(directory+"/"))
	})
	m.Namespaces = filtered(m.Namespaces, func(namespace string) bool {
		return slices.Contains(existing, base.Key(workspace.ArtifactsDirectory(namespace)))
	})
}

func filtered(set types.Set, keep func(string) bool) types.Set {
	if set.IsNull() {
		return set
	}
	names, _ := knownStrings(set)
	return stringSet(slices.DeleteFunc(names, func(name string) bool { return !keep(name) }))
}

// stringSet is a set of strings as the framework has it.
func stringSet(values []string) types.Set {
	elements := make([]attr.Value, 0, len(values))
	for _, value := range slices.Compact(slices.Sorted(slices.Values(values))) {
		elements = append(elements, types.StringValue(value))
	}
	return types.SetValueMust(types.StringType, elements)
}

// knownStrings are the elements of a set, sorted; none where it is null. known is false where it, or an element, is not known.
func knownStrings(set types.Set) (values []string, known bool) {
	if set.IsUnknown() {
		return nil, false
	}
	for _, element := range set.Elements() {
		text, ok := element.(types.String)
		if !ok || text.IsUnknown() {
			return nil, false
		}
		values = append(values, text.ValueString())
	}
	slices.Sort(values)
	return values, true
}

func checkCORSHeader(header string) error {
	if strings.Count(header, "*") > 1 {
		return fmt.Errorf("%q has more than one \"*\"; stores allow one", header)
	}
	return rule.CheckHeaderName(strings.Replace(header, "*", "x", 1))
}
