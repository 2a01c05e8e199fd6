package provider

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

type artifactDataSource struct{ configured *configured }

var (
	_ datasource.DataSourceWithConfigure      = (*artifactDataSource)(nil)
	_ datasource.DataSourceWithValidateConfig = (*artifactDataSource)(nil)
)

func newArtifactDataSource() datasource.DataSource { return &artifactDataSource{} }

func (d *artifactDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_artifact"
}

func (d *artifactDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, _ *datasource.ConfigureResponse) {
	if req.ProviderData != nil {
		d.configured = req.ProviderData.(*configured) //nolint:forcetypeassert // the provider sets nothing else
	}
}

func (d *artifactDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model artifactDataModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	model.Metadata = types.MapNull(types.StringType)
	switch {
	case !model.Filename.IsNull():
		resp.Diagnostics.Append(model.readArtifact(ctx, d.configured)...)
	case !model.SourceURL.IsNull():
		resp.Diagnostics.Append(model.readURL(ctx, d.configured)...)
	default:
		resp.Diagnostics.Append(model.readFile(ctx, file{attribute: "source", name: model.Source.ValueString()}, source.File{Path: model.Source.ValueString()})...)
	}
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
	}
}

// readArtifact reads an artifact of a workspace.
func (m *artifactDataModel) readArtifact(ctx context.Context, c *configured) diag.Diagnostics {
	base, store, diags := c.openNow(&m.BaseURI)
	if diags.HasError() {
		return diags
	}
	artifact, err := workspace.NewArtifact(base, m.Namespace.ValueString(), m.Filename.ValueString())
	if err != nil {
		diags.AddAttributeError(path.Root("filename"), filenameRule.Title, rule.Sentence(err))
		return diags
	}
	m.URI = types.StringValue(artifact.URI())
	limit := int64(jarRemoteLimit)
	if base.Backend.Local {
		limit = 0
	}
	diags.Append(m.readObject(ctx, file{attribute: "filename", name: artifact.URI()}, source.Object{Store: store, Key: artifact.Key(), Name: artifact.URI()}, limit)...)
	return diags
}

// readURL reads what a URL leads to.
func (m *artifactDataModel) readURL(ctx context.Context, c *configured) diag.Diagnostics {
	var diags diag.Diagnostics
	address := m.SourceURL.ValueString()
	f := file{attribute: "source_url", name: shown(address)}
	from, awaits, err := c.origin(address, false)
	switch {
	case awaits != "":
		diags.Append(settingsUnknown(awaits, f.name))
		return diags
	case err != nil:
		diags.Append(failureAt(f.attribute, "Opening "+f.name, err))
		return diags
	}
	switch from := from.(type) {
	case source.File:
		return m.readFile(ctx, f, from)
	case source.Object:
		return m.readObject(ctx, f, from, jarRemoteLimit)
	case source.Remote:
		f.name = from.String()
		return m.readRemote(ctx, f, from)
	}
	diags.Append(failureAt(f.attribute, "Opening "+f.name, errors.ErrUnsupported))
	return diags
}

// readObject reads an object of a store.
func (m *artifactDataModel) readObject(ctx context.Context, f file, object source.Object, limit int64) diag.Diagnostics {
	var diags diag.Diagnostics
	tried := "Reading " + f.name
	info, err := object.Store.Head(ctx, object.Key)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, blob.ErrNoBucket) {
		diags.Append(f.missing(ctx, object.Store))
		return diags
	}
	if err != nil {
		diags.Append(failureAt(f.attribute, tried, err))
		return diags
	}
	m.Size, m.ETag, m.VersionID, m.LastModified = types.Int64Value(info.Size), told(info.ETag), told(info.VersionID), told(inSeconds(info.ModTime))
	stored := false
	if info.Attrs != nil {
		f.contentType = info.Attrs.ContentType
		m.ContentType, m.Metadata = told(info.Attrs.ContentType), stringMap(info.Attrs.Metadata)
		stored = info.Attrs.SHA256 != nil
	}
	if stored || m.IncludeSHA256.ValueBool() {
		hash, err := blob.Digest(ctx, object.Store, info)
		if err != nil {
			diags.Append(failureAt("include_sha256", tried, err))
			return diags
		}
		m.ContentSHA256 = types.StringValue(hash.String())
	}
	if isJar(object.Key) {
		object.Store = seen{object.Store, info}
		ranges, err := object.Ranges(ctx)
		if err != nil {
			diags.Append(f.jarFailure(err))
			return diags
		}
		var jarDiags diag.Diagnostics
		m.Jar, jarDiags = f.readJar(ranges, info.Size, limit)
		diags.Append(jarDiags...)
	}
	return diags
}

// missing says why an object was not found: object stores answer the same whether there is no such key or no such bucket.
func (f file) missing(ctx context.Context, store blob.Store) diag.Diagnostic {
	tried := "Reading " + f.name
	err := store.Bucket(ctx)
	if err == nil || errors.Is(err, fs.ErrPermission) { // who may not list was told by the store itself that the object is not there
		advice := "Check the URL: upper and lower case differ."
		if f.attribute == "filename" {
			advice = "Check base_uri, namespace and filename: upper and lower case differ, and the name of a content-addressed artifact has the digits of its hash. " +
				"If a resource of this configuration writes the file, name it in depends_on. The data source flink_artifacts lists what is there."
		}
		return diag.NewAttributeErrorDiagnostic(path.Root(f.attribute), "No such file", explained(tried, errors.New("there is no such object in the bucket"), advice))
	}
	return failureAt(f.attribute, tried, err)
}

// seen is a store that tells of its object what it told before, so that what is read in pieces is that object or none.
type seen struct {
	blob.Store
	info blob.Info
}

func (s seen) Head(context.Context, string) (blob.Info, error) { return s.info, nil }

// readRemote reads what lies on another server.
func (m *artifactDataModel) readRemote(ctx context.Context, f file, from source.Remote) diag.Diagnostics {
	var (
		diags       diag.Diagnostics
		description source.Description
	)
	tried := "Reading " + f.name
	name, err := sourceURLName(m.SourceURL.ValueString())
	if err == nil && isJar(name) {
		ranges, err := from.Ranges(ctx)
		if err != nil {
			// What is sent as a whole is often no file at all, but a page that asks for a password.
			if errors.Is(err, source.ErrNoRanges) {
				if told, failed := from.Describe(ctx); failed == nil {
					f.contentType = told.ContentType
				}
			}
			diags.Append(f.jarFailure(err))
			return diags
		}
		description = ranges.Describe()
		f.contentType = description.ContentType
		var jarDiags diag.Diagnostics
		m.Jar, jarDiags = f.readJar(ranges, ranges.Size(), jarRemoteLimit)
		diags.Append(jarDiags...)
	} else if description, err = from.Describe(ctx); err != nil {
		diags.Append(failureAt(f.attribute, tried, err))
	}
	if diags.HasError() {
		return diags
	}
	if m.IncludeSHA256.ValueBool() {
		reading := &oneReading{from: from}
		sums, err := blob.HashOf(ctx, reading)
		if err == nil && source.Compare(description, reading.describe()) == source.Different {
			err = blob.ErrSourceChanged
		}
		if err != nil {
			diags.Append(failureAt("include_sha256", tried, err))
			return diags
		}
		m.ContentSHA256, description.Size = types.StringValue(sums.SHA256.String()), sums.Size
	}
	m.ETag, m.ContentType = told(strings.ReplaceAll(description.ETag, `"`, "")), told(description.ContentType)
	if description.Size >= 0 {
		m.Size = types.Int64Value(description.Size)
	}
	if modified, err := http.ParseTime(description.LastModified); err == nil {
		m.LastModified = told(inSeconds(modified))
	}
	return diags
}

// oneReading keeps the last reading of a source, which knows what was told of the bytes that it read.
type oneReading struct {
	from    blob.Source
	content blob.Content
}

func (r *oneReading) Open(ctx context.Context) (content blob.Content, err error) {
	r.content, err = r.from.Open(ctx)
	return r.content, err
}

func (r *oneReading) describe() source.Description {
	if described, ok := r.content.(source.Described); ok {
		return described.Describe()
	}
	return source.Description{Size: -1}
}

// readFile reads a local file.
func (m *artifactDataModel) readFile(ctx context.Context, f file, from source.File) diag.Diagnostics {
	var diags diag.Diagnostics
	content, err := from.Open(ctx)
	if err != nil {
		if f.attribute == "source_url" {
			diags.Append(failureAt(f.attribute, "Reading "+f.name, &source.Error{Source: f.name, Message: err.Error(), Err: err}))
			return diags
		}
		title, detail := sourceFailure(from.Path, err)
		diags.AddAttributeError(path.Root(f.attribute), title, detail)
		return diags
	}
	defer content.Close()
	m.Size = types.Int64Value(content.Size())
	if opened, ok := content.(interface{ Stat() (fs.FileInfo, error) }); ok {
		if info, err := opened.Stat(); err == nil {
			m.LastModified = told(inSeconds(info.ModTime()))
		}
	}
	if m.IncludeSHA256.ValueBool() {
		sums, err := blob.HashOf(ctx, from)
		if err == nil && sums.Size != content.Size() {
			err = blob.ErrSourceChanged
		}
		if err != nil {
			diags.Append(failureAt("include_sha256", "Reading "+f.name, err))
			return diags
		}
		m.ContentSHA256 = types.StringValue(sums.SHA256.String())
	}
	if reader, ok := content.(io.ReaderAt); ok && isJar(from.Path) {
		var jarDiags diag.Diagnostics
		m.Jar, jarDiags = f.readJar(reader, content.Size(), 0)
		diags.Append(jarDiags...)
	}
	return diags
}

// told is a text that may not have been told.
func told(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}
