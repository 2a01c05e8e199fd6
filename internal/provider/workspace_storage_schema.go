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
		MarkdownDescription: "Prepares a bucket for a Flink workspace: its directories, its namespaces, and the CORS rule that lets a web console upload.\n\n" +
			"Existing directories are adopted. Destroying the resource, or removing something from it, never deletes data: only empty directories are deleted, and of the bucket's CORS rules only its own.",
		Attributes: map[string]schema.Attribute{
			"base_uri": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Base URI of the workspace. Default: the provider's. A change of bucket or prefix replaces the resource; another spelling of the same location does not.",
				Validators:          []validator.String{baseURIRule},
			},
			"namespaces": schema.SetAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Namespaces, such as `default`: each gets its directory `artifacts/namespaces/<namespace>`. " +
					"If a namespace is removed while it holds artifacts, its directory is kept, with a warning.",
				Validators: []validator.Set{setvalidator.NoNullValues(), setvalidator.ValueStringsAre(namespaceRule)},
			},
			"directories": schema.SetAttribute{
				Optional: true, Computed: true, ElementType: types.StringType,
				Default: setdefault.StaticValue(stringSet(workspace.Directories())),
				MarkdownDescription: "Directories below the base URI: empty objects whose names end in `/`, real directories with `file://`. Default: those of Flink platforms, `" +
					strings.Join(workspace.Directories(), "`, `") + "`. A directory that is removed from the set while it is not empty is kept, with a warning.",
				Validators: []validator.Set{setvalidator.NoNullValues(), setvalidator.ValueStringsAre(directoryRule)},
			},
			"cors_rule": corsRuleSchema(),
			"bucket":    schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the bucket; with `file://` the path of the directory."},
			"directory_uris": schema.MapAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "URI of each of `directories`, without a trailing slash, as Flink's configuration expects it: " +
					"for example `directory_uris[\"flink-savepoints\"]` for `state.savepoints.dir`.",
			},
			"namespace_artifact_uris": schema.MapAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "URI of the artifacts of each namespace, without a trailing slash.",
			},
			"timeouts": timeouts.Attributes(ctx, timeouts.Opts{Create: true, Read: true, Update: true, Delete: true}),
		},
	}
}

func corsRuleSchema() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "CORS rule of the bucket that lets a web console upload from the browser. `cors_rule = {}` is the rule that Realtime Compute for Apache Flink documents for its console. " +
			"It is merged into the bucket's rules: all others are kept in their order, a new rule is appended, and an existing one is updated in place. If a foreign rule already allows the same access, none is added. " +
			"On OSS rules have no IDs, so the rule is identified by its content when it was last written: one that was changed manually counts as foreign, and workspaces in one bucket with the same rule share it. " +
			"When the workspace that wrote it is destroyed, the next apply of another one writes it again. " +
			"Changes that another client makes between reading and writing the rules are lost, since the stores have no conditional write for them.",
		Attributes: map[string]schema.Attribute{
			"allowed_origins": schema.SetAttribute{
				Optional: true, Computed: true, ElementType: types.StringType,
				Default:             setdefault.StaticValue(stringSet([]string{consoleOrigin})),
				MarkdownDescription: "Allowed origins, such as `https://console.example.com`; each may contain one `*`. Default: `" + consoleOrigin + "`.",
				Validators:          []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.NoNullValues(), setvalidator.ValueStringsAre(originRule)},
			},
			"allowed_methods": schema.SetAttribute{
				Optional: true, Computed: true, ElementType: types.StringType,
				Default:             setdefault.StaticValue(stringSet(corsMethods)),
				MarkdownDescription: "Allowed methods, out of `" + strings.Join(corsMethods, "`, `") + "`. Default: all of them.",
				Validators:          []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.NoNullValues(), setvalidator.ValueStringsAre(stringvalidator.OneOf(corsMethods...))},
			},
			"allowed_headers": schema.SetAttribute{
				Optional: true, Computed: true, ElementType: types.StringType,
				Default:             setdefault.StaticValue(stringSet([]string{"*"})),
				MarkdownDescription: "Allowed request headers; each may contain one `*`. Default: `*`, which allows all.",
				Validators:          []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.NoNullValues(), setvalidator.ValueStringsAre(corsHeaderRule)},
			},
			"expose_headers": schema.SetAttribute{
				Optional: true, Computed: true, ElementType: types.StringType,
				Default:             setdefault.StaticValue(stringSet(nil)),
				MarkdownDescription: "Response headers that scripts may read, such as `ETag`. Default: none, as in the documented rule.",
				Validators:          []validator.Set{setvalidator.NoNullValues(), setvalidator.ValueStringsAre(exposeHeaderRule)},
			},
			"max_age_seconds": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "How long a browser may cache the response to a preflight request, in seconds. If not set, the browser decides.",
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

// keys are the keys of all directories, those of namespaces among them, by what they are called in messages.
// All must be known.
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

// keepExisting removes from the sets what is not in the store.
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

func checkCORSHeader(header string) error {
	if strings.Count(header, "*") > 1 {
		return fmt.Errorf("%q has more than one \"*\"; stores allow one", header)
	}
	return rule.CheckHeaderName(strings.Replace(header, "*", "x", 1))
}
