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
	d.configured, _ = req.ProviderData.(*configured) // nil: the provider is not configured yet
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
	address := m.SourceURL.ValueString()
	f := file{attribute: "source_url", name: shown(address)}
	from, err := c.sources.at(address, false)
	if err != nil {
		return diag.Diagnostics{unopened(f.attribute, f.name, err)}
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
	return f.fails("Opening ", errors.ErrUnsupported)
}

// readObject reads an object of a store.
func (m *artifactDataModel) readObject(ctx context.Context, f file, object source.Object, limit int64) diag.Diagnostics {
	info, err := object.Store.Head(ctx, object.Key)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, blob.ErrNoBucket) {
		return diag.Diagnostics{f.missing(ctx, object.Store)}
	}
	if err != nil {
		return f.fails("Reading ", err)
	}
	m.Size, m.ETag, m.VersionID, m.LastModified = types.Int64Value(info.Size), stringOrNull(info.ETag), stringOrNull(info.VersionID), stringOrNull(inSeconds(info.ModTime))
	stored := false
	if info.Attrs != nil {
		f.contentType = info.Attrs.ContentType
		m.ContentType, m.Metadata = stringOrNull(info.Attrs.ContentType), stringMap(info.Attrs.Metadata)
		stored = info.Attrs.SHA256 != nil
	}
	if stored || m.IncludeSHA256.ValueBool() {
		hash, err := blob.Digest(ctx, object.Store, info)
		if err != nil {
			return f.notHashed(err)
		}
		m.ContentSHA256 = types.StringValue(hash.String())
	}
	if !isJar(object.Key) {
		return nil
	}
	object.Store = headed{object.Store, info}
	ranges, err := object.Ranges(ctx)
	if err != nil {
		return diag.Diagnostics{f.jarFailure(err)}
	}
	return m.readJar(f, ranges, info.Size, limit)
}

// missing says why an object was not found: object stores answer the same whether there is no such key or no such bucket.
func (f file) missing(ctx context.Context, store blob.Store) diag.Diagnostic {
	tried := "Reading " + f.name
	err := store.Bucket(ctx)
	if err == nil || errors.Is(err, fs.ErrPermission) { // without the permission to list, the 404 was the answer of the store itself
		advice := "Check the URL, which is case-sensitive."
		if f.attribute == "filename" {
			advice = "Check base_uri, namespace and filename, which are case-sensitive; the name of a content-addressed artifact includes the digits of its hash. " +
				"If a resource in this configuration writes the file, add it to depends_on. The data source flink_artifacts lists the existing files."
		}
		return diag.NewAttributeErrorDiagnostic(path.Root(f.attribute), "No such file", explained(tried, errors.New("the bucket has no such object"), advice))
	}
	return failureAt(f.attribute, tried, err)
}

// headed is a store that describes its object as it did before, so that what is read in pieces is that object or none.
type headed struct {
	blob.Store
	info blob.Info
}

func (h headed) Head(context.Context, string) (blob.Info, error) { return h.info, nil }

// readRemote reads a file on another server.
func (m *artifactDataModel) readRemote(ctx context.Context, f file, from source.Remote) diag.Diagnostics {
	var (
		diags       diag.Diagnostics
		description source.Description
	)
	name, err := sourceURLName(m.SourceURL.ValueString())
	if err == nil && isJar(name) {
		ranges, err := from.Ranges(ctx)
		if err != nil {
			// What is sent as a whole is often not the file, but a login page.
			if errors.Is(err, source.ErrNoRanges) {
				if page, failed := from.Describe(ctx); failed == nil {
					f.contentType = page.ContentType
				}
			}
			return diag.Diagnostics{f.jarFailure(err)}
		}
		description = ranges.Describe()
		f.contentType = description.ContentType
		if diags = m.readJar(f, ranges, ranges.Size(), jarRemoteLimit); diags.HasError() {
			return diags
		}
	} else if description, err = from.Describe(ctx); err != nil {
		return f.fails("Reading ", err)
	}
	if m.IncludeSHA256.ValueBool() {
		read := &reading{Source: from}
		sums, err := blob.HashOf(ctx, read)
		if err == nil && source.Compare(description, read.describe()) == source.Different {
			err = blob.ErrSourceChanged
		}
		if err != nil {
			return append(diags, f.notHashed(err)...)
		}
		m.ContentSHA256, description.Size = types.StringValue(sums.SHA256.String()), sums.Size
	}
	m.ETag, m.ContentType = stringOrNull(strings.ReplaceAll(description.ETag, `"`, "")), stringOrNull(description.ContentType)
	if description.Size >= 0 {
		m.Size = types.Int64Value(description.Size)
	}
	if modified, err := http.ParseTime(description.LastModified); err == nil {
		m.LastModified = stringOrNull(inSeconds(modified))
	}
	return diags
}

// readFile reads a local file.
func (m *artifactDataModel) readFile(ctx context.Context, f file, from source.File) diag.Diagnostics {
	content, err := from.Open(ctx)
	if err != nil {
		if f.attribute == "source_url" {
			return f.fails("Reading ", &source.Error{Source: f.name, Message: err.Error(), Err: err})
		}
		title, detail := sourceFailure(from.Path, err)
		return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root(f.attribute), title, detail)}
	}
	defer content.Close()
	m.Size = types.Int64Value(content.Size())
	if opened, ok := content.(interface{ Stat() (fs.FileInfo, error) }); ok {
		if info, err := opened.Stat(); err == nil {
			m.LastModified = stringOrNull(inSeconds(info.ModTime()))
		}
	}
	if m.IncludeSHA256.ValueBool() {
		sums, err := blob.HashOf(ctx, from)
		if err == nil && sums.Size != content.Size() {
			err = blob.ErrSourceChanged
		}
		if err != nil {
			return f.notHashed(err)
		}
		m.ContentSHA256 = types.StringValue(sums.SHA256.String())
	}
	if reader, ok := content.(io.ReaderAt); ok && isJar(from.Path) {
		return m.readJar(f, reader, content.Size(), 0)
	}
	return nil
}
