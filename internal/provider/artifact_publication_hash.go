package provider

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	frameworkpath "github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
)

// findHash makes the hash known before the bytes are sent, where that is needed or costs little.
func (p *artifactPublication) findHash(ctx context.Context) diag.Diagnostics {
	var diags diag.Diagnostics
	if !p.planned.ContentSHA256.IsUnknown() {
		hash, err := blob.ParseHash(p.planned.ContentSHA256.ValueString())
		if err != nil {
			diags.AddAttributeError(frameworkpath.Root("content_sha256"), sha256Rule.Title, rule.Sentence(err))
			return diags
		}
		p.know(hash)
		return diags
	}
	if !p.config.ContentSHA256URL.IsNull() {
		hash, awaits, err := p.provider.checksum(ctx, p.config)
		if err == nil && awaits != "" {
			diags.Append(settingsUnknown(awaits, shown(p.config.ContentSHA256URL.ValueString())))
			return diags
		}
		if err != nil {
			title, detail := failure("Reading "+shown(p.config.ContentSHA256URL.ValueString()), err)
			if !errors.Is(err, source.ErrChecksums) {
				title = noChecksumsTitle // the other titles are about the source itself
			}
			diags.AddAttributeError(frameworkpath.Root("content_sha256_url"), title, detail)
			return diags
		}
		p.know(hash)
		return diags
	}
	// A remote source is read once, and hashed as it is sent on, unless the file's name has the hash in it.
	if !p.remote || p.planned.ContentAddressed.ValueBool() {
		diags.Append(p.learn(ctx)...)
	}
	return diags
}

// know says which bytes are wanted.
func (p *artifactPublication) know(hash blob.Hash) {
	p.hash = &hash
	p.planned.ContentSHA256 = types.StringValue(hash.String())
}

// learn reads the source for its hash alone. It is read again if it has to be sent.
func (p *artifactPublication) learn(ctx context.Context) diag.Diagnostics {
	var from blob.Source = p.from
	if !p.remote {
		from = p.from.Source // as it is, since the cache knows files by their type
	}
	sums, err := p.provider.hashOf(ctx, from)
	if err != nil {
		return p.failed("Reading the source of", err)
	}
	p.know(sums.SHA256)
	p.came(sums)
	return nil
}

// came notes which bytes a remote source delivered, and what was told about them.
func (p *artifactPublication) came(sums blob.Sums) {
	if p.from.content != nil {
		p.downloaded = new(newDownload(p.config.SourceURL.ValueString(), p.from.content.Describe(), sums))
	}
}

// writeDownload keeps what the next plan compares the source with. Without a reading, what was kept before stays.
func (p *artifactPublication) writeDownload(ctx context.Context, private privateWriter) diag.Diagnostics {
	if p.downloaded == nil {
		return nil
	}
	diags := writePrivate(ctx, private, downloadKey, *p.downloaded)
	if oddity := p.oddity(); oddity != "" && !p.config.pinned() {
		diags.AddAttributeWarning(frameworkpath.Root("source_url"), oddTitle, oddDetail(p.config.sourceName(), oddity)+pinIt)
	}
	return diags
}

// oddity says what is strange about the bytes that came; "": nothing.
func (p *artifactPublication) oddity() string {
	if p.from.content == nil {
		return ""
	}
	return p.from.content.Describe().Oddity(p.planned.Filename.ValueString())
}

// failed puts an error on the attribute that it concerns.
func (p *artifactPublication) failed(doing string, err error) diag.Diagnostics {
	var (
		diags      diag.Diagnostics
		remote     *source.Error
		storeError *blob.Error
		mismatch   *blob.MismatchError
	)
	tried := doing + " " + p.tried()
	switch {
	case errors.As(err, &remote), errors.Is(err, blob.ErrStartOver):
		diags.Append(failureAt("source_url", tried, err))
	case errors.Is(err, blob.ErrNotAccelerated), p.planned.Accelerate.ValueBool() && errors.Is(err, errors.ErrUnsupported):
		diags.Append(failureAt("accelerate", tried, err))
	case errors.As(err, &storeError):
		diags.AddError(failure(tried, err))
	case errors.As(err, &mismatch):
		title, detail := failure(tried, err)
		if oddity := p.oddity(); oddity != "" {
			detail += "\n\n" + oddDetail(p.config.sourceName(), oddity)
		}
		if file, ok := p.from.Source.(source.File); ok && p.provider.digests.Forget(file, mismatch.Got) {
			detail += "\n\nThe digest cache remembered another hash of this file: its bytes were changed in a way that its inode, size and times do not show. " +
				"That hash is forgotten now; plan again. If it comes again, set digest_cache = false in the provider's block."
		}
		attribute := p.config.sourceAttribute()
		if p.config.pinned() {
			attribute = p.config.pinAttribute()
		}
		diags.AddAttributeError(frameworkpath.Root(attribute), title, detail)
	case errors.Is(err, blob.ErrSourceChanged):
		diags.Append(failureAt(p.config.sourceAttribute(), tried, err))
	case errors.Is(err, blob.ErrChanged), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		diags.AddError(failure(tried, err))
	default:
		title, detail := sourceFailure(p.config.sourceName(), err)
		diags.AddAttributeError(frameworkpath.Root(p.config.sourceAttribute()), title, detail)
	}
	return diags
}

// tried is what messages call the artifact: its address, or its name where the address has a hash that is not known yet.
func (p *artifactPublication) tried() string {
	if p.artifact.Filename == "" {
		return p.planned.Filename.ValueString()
	}
	return p.artifact.URI()
}

// storeHash puts the hash beside an object whose bytes were hashed only as they were sent. The object is whole without it: a failure is a
// warning.
func (p *artifactPublication) storeHash(ctx context.Context) diag.Diagnostics {
	info, err := p.editAttrs(ctx, p.found.ETag, func(attrs *blob.Attrs) { attrs.SHA256 = p.hash })
	var diags diag.Diagnostics
	switch {
	case err == nil:
		p.found = info
	case errors.Is(err, blob.ErrChanged), errors.Is(err, fs.ErrNotExist):
		diags.Append(p.failed("Publishing", fmt.Errorf("%w: somebody else wrote it a moment after", blob.ErrChanged))...)
	default:
		_, detail := failure("Storing the hash beside "+p.artifact.URI(), err)
		diags.AddWarning("The hash was not stored beside the file", detail+"\n\nThe file is whole, and its hash is in the state. Who lists it with include_sha256 reads it as a whole.")
	}
	return diags
}
