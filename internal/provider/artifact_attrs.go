package provider

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// userMetadata is what the configuration or the state says, never nil.
func (m artifactModel) userMetadata() map[string]string {
	metadata := map[string]string{}
	for key, value := range m.Metadata.Elements() {
		if text, ok := value.(types.String); ok {
			metadata[key] = text.ValueString()
		}
	}
	return metadata
}

// attrsChange reports whether an object's attributes change.
// No metadata and empty metadata are the same.
func attrsChange(planned, prior artifactModel) bool {
	if planned.Metadata.IsUnknown() || !planned.ContentType.Equal(prior.ContentType) {
		return true
	}
	return !maps.Equal(planned.userMetadata(), prior.userMetadata())
}

// setAttrs changes the attributes of the object with an ETag, without sending its bytes.
func (p *artifactPublication) setAttrs(ctx context.Context, etag string, edit func(*blob.Attrs)) diag.Diagnostics {
	info, err := p.editAttrs(ctx, etag, edit)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w: it no longer exists", blob.ErrChanged)
	}
	if err != nil {
		return p.failed("Changing the attributes of", err)
	}
	p.object = info
	return nil
}

func (p *artifactPublication) editAttrs(ctx context.Context, etag string, edit func(*blob.Attrs)) (blob.Info, error) {
	var wanted blob.Attrs
	info, err := p.store.SetAttrs(ctx, p.artifact.Key(), blob.Cond{IfMatch: etag}, func(attrs *blob.Attrs) {
		edit(attrs)
		wanted = attrs.Clone()
	})
	unproven := errors.Is(err, blob.ErrLost) || errors.Is(err, blob.ErrUnconfirmed) // then equal attributes say nothing of the bytes
	if err != nil && wanted.Owner != "" && !unproven {
		return p.settleAttrs(ctx, wanted, err)
	}
	return info, err
}

// settleAttrs finds out whether a change whose answer was lost took place: the refusal of its repetition would hide it, and with it the token that the object has by now.
func (p *artifactPublication) settleAttrs(ctx context.Context, wanted blob.Attrs, cause error) (blob.Info, error) {
	ctx, cancel := blob.CommitContext(ctx)
	defer cancel()
	info, err := p.store.Head(ctx, p.artifact.Key())
	if err != nil || info.Attrs == nil || !info.Attrs.Equal(wanted) {
		return blob.Info{}, cause
	}
	return info, nil
}

// plannedAttrs brings attributes to what is planned.
// Metadata that was managed before and is no longer planned is removed.
// What other clients added is kept.
func (p *artifactPublication) plannedAttrs(attrs *blob.Attrs) {
	before := map[string]string{}
	if p.prior != nil {
		before = p.prior.userMetadata()
	}
	switch contentType := p.planned.ContentType.ValueString(); {
	case contentType != "":
		attrs.ContentType = contentType
	case p.prior != nil && !p.prior.ContentType.IsNull():
		attrs.ContentType = contentTypeOf(p.artifact.Filename)
	}
	metadata := map[string]string{}
	maps.Copy(metadata, attrs.Metadata)
	for key := range before {
		delete(metadata, key)
	}
	maps.Copy(metadata, p.planned.userMetadata())
	attrs.Metadata = metadata
}

// hasPlannedAttrs reports whether an object has the planned attributes, and possibly others.
func (p *artifactPublication) hasPlannedAttrs(attrs *blob.Attrs) bool {
	if attrs == nil {
		attrs = &blob.Attrs{}
	}
	if contentType := p.planned.ContentType.ValueString(); contentType != "" && contentType != attrs.ContentType {
		return false
	}
	for key, value := range p.planned.userMetadata() {
		if attrs.Metadata[key] != value {
			return false
		}
	}
	return true
}

// contentTypeOf is the media type of what Flink jobs are made of.
// It does not ask the machine's own tables, which differ.
func contentTypeOf(filename string) string {
	switch strings.ToLower(path.Ext(filename)) {
	case ".jar":
		return "application/java-archive"
	case ".py":
		return "text/x-python"
	case ".zip", ".whl", ".egg":
		return "application/zip"
	case ".sql", ".txt":
		return "text/plain; charset=utf-8"
	case ".json":
		return "application/json"
	case ".yaml", ".yml":
		return "application/yaml"
	}
	return "application/octet-stream"
}

// storeHash puts the hash beside an object whose bytes were hashed only as they were sent.
// The object is whole without it: a failure is a warning.
func (p *artifactPublication) storeHash(ctx context.Context) diag.Diagnostics {
	info, err := p.editAttrs(ctx, p.object.ETag, func(attrs *blob.Attrs) { attrs.SHA256 = p.hash })
	var diags diag.Diagnostics
	switch {
	case err == nil:
		p.object = info
	case errors.Is(err, blob.ErrLost):
		diags.Append(p.failed("Publishing", err)...)
	case errors.Is(err, blob.ErrChanged), errors.Is(err, fs.ErrNotExist):
		diags.Append(p.failed("Publishing", fmt.Errorf("%w: another client wrote it right afterwards", blob.ErrChanged))...)
	default:
		_, detail := failure("Storing the hash with "+p.artifact.URI(), err)
		diags.AddWarning("Hash not stored with the object", detail+"\n\nThe object is complete, and its hash is in the state. A data source with include_sha256 has to read the whole object.")
	}
	return diags
}
