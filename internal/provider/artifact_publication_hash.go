package provider

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
)

// findHash makes the hash known before the bytes are sent, where that is needed or costs little.
func (p *artifactPublication) findHash(ctx context.Context) diag.Diagnostics {
	switch {
	case !p.planned.ContentSHA256.IsUnknown():
		hash, err := blob.ParseHash(p.planned.ContentSHA256.ValueString())
		if err != nil {
			return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("content_sha256"), sha256Rule.Title, rule.Sentence(err))}
		}
		p.know(hash)
	case !p.config.ContentSHA256URL.IsNull():
		hash, err := p.provider.sources.checksum(ctx, p.config)
		name := shown(p.config.ContentSHA256URL.ValueString())
		if errors.Is(err, errNotYet) {
			return diag.Diagnostics{unopened("content_sha256_url", name, err)}
		}
		if err != nil {
			title, detail := failure("Reading "+name, err)
			if !errors.Is(err, source.ErrChecksums) {
				title = noChecksumsTitle // the other titles are about the source itself
			}
			return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("content_sha256_url"), title, detail)}
		}
		p.know(hash)
	case !p.remote || p.planned.ContentAddressed.ValueBool():
		return p.learn(ctx)
	}
	return nil // a remote source is read once, and hashed as it is sent on, unless the file's name has the hash in it
}

// know sets which bytes are wanted.
func (p *artifactPublication) know(hash blob.Hash) {
	p.hash = &hash
	p.planned.ContentSHA256 = types.StringValue(hash.String())
}

// learn reads the source for its hash alone.
// It is read again if it has to be sent.
func (p *artifactPublication) learn(ctx context.Context) diag.Diagnostics {
	var from blob.Source = p.from
	if !p.remote {
		from = p.from.Source // as it is, since the cache knows files by their type
	}
	sums, err := p.provider.sources.hashOf(ctx, from)
	if err != nil {
		return p.failed("Reading the source of", err)
	}
	p.know(sums.SHA256)
	p.came(sums)
	return nil
}

// came notes which bytes a remote source delivered, and how its server described them.
func (p *artifactPublication) came(sums blob.Sums) {
	if p.from.described != nil {
		p.downloaded = new(newDownload(p.config.SourceURL.ValueString(), p.from.described.Describe(), sums))
	}
}

// writeDownload keeps what the next plan compares the source with.
// Without a reading, what was kept before stays.
func (p *artifactPublication) writeDownload(ctx context.Context, private privateWriter) diag.Diagnostics {
	if p.downloaded == nil {
		return nil
	}
	diags := downloadKey.write(ctx, private, *p.downloaded)
	if oddity := p.oddity(); oddity != "" && !p.config.pinned() {
		diags.AddAttributeWarning(path.Root("source_url"), oddTitle, oddDetail(p.config.sourceName(), oddity)+pinIt)
	}
	return diags
}

// oddity is what is strange about the bytes that came; "": nothing.
func (p *artifactPublication) oddity() string {
	if p.from.described == nil {
		return ""
	}
	return p.from.described.Describe().Oddity(p.planned.Filename.ValueString())
}

// failed puts an error on the attribute that it concerns.
func (p *artifactPublication) failed(doing string, err error) diag.Diagnostics {
	var (
		remote     *source.Error
		storeError *blob.Error
		mismatch   *blob.MismatchError
	)
	attribute := p.config.sourceAttribute()
	title, detail := failure(doing+" "+p.tried(), err)
	switch {
	case errors.As(err, &remote), errors.Is(err, blob.ErrStartOver):
		attribute = "source_url"
	case errors.Is(err, blob.ErrNotAccelerated), p.planned.Accelerate.ValueBool() && errors.Is(err, errors.ErrUnsupported):
		attribute = "accelerate"
	case errors.As(err, &storeError):
		return diag.Diagnostics{diag.NewErrorDiagnostic(title, detail)}
	case errors.As(err, &mismatch):
		if oddity := p.oddity(); oddity != "" {
			detail += "\n\n" + oddDetail(p.config.sourceName(), oddity)
		}
		if file, ok := p.from.Source.(source.File); ok && p.provider.sources.digests.Forget(file, mismatch.Got) {
			detail += "\n\nThe digest cache had another hash of this file: its content was changed without a change of its inode, size or times. " +
				"The entry was removed; plan again. If this happens again, set digest_cache = false in the provider's block."
		}
		if p.config.pinned() {
			attribute = p.config.pinAttribute()
		}
	case errors.Is(err, blob.ErrSourceChanged):
	case errors.Is(err, blob.ErrChanged), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return diag.Diagnostics{diag.NewErrorDiagnostic(title, detail)}
	default:
		title, detail = sourceFailure(p.config.sourceName(), err)
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root(attribute), title, detail)}
}

// tried is what messages call the artifact: its address, or its name where the address has a hash that is not known yet.
func (p *artifactPublication) tried() string {
	if p.artifact.Filename == "" {
		return p.planned.Filename.ValueString()
	}
	return p.artifact.URI()
}
