package provider

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
)

// planHash finds the SHA-256 that the bytes will have.
func (p *artifactPlan) planHash(ctx context.Context, downloaded download) {
	p.bytes = -1
	pin, ok := p.pin(ctx)
	if !ok {
		p.planned.ContentSHA256 = types.StringUnknown()
		return
	}
	if !pin.IsNull() && !pin.IsUnknown() && p.prior != nil && pin.Equal(p.prior.ContentSHA256) {
		p.planned.ContentSHA256 = pin
		return
	}
	from, awaits, err := p.provider.bytes(p.config)
	remote, isRemote := from.(source.Remote)
	switch {
	case awaits != "":
		p.planned.ContentSHA256 = pin
		if pin.IsNull() {
			p.planned.ContentSHA256 = types.StringUnknown()
			p.unproven = true
			p.unreachable(fmt.Sprintf("In the provider's block %s is known only after an apply, so the source cannot be asked before.", awaits), unseenHash)
		}
	case err != nil:
		p.diags.AddAttributeError(path.Root(p.config.sourceAttribute()), sourceURLRule.Title, rule.Sentence(err))
	case isRemote && pin.IsNull():
		p.planRemote(ctx, remote, downloaded)
	case isRemote:
		p.planned.ContentSHA256 = pin // the pin says it all: nothing is asked
	default:
		p.planLocal(ctx, from, pin)
	}
}

// pin is what the configuration wants, by itself or by a file of checksums; null: it takes whatever the source has. Not ok: the file of checksums
// could not be read, and that was told.
func (p *artifactPlan) pin(ctx context.Context) (pin types.String, ok bool) {
	if p.config.ContentSHA256URL.IsNull() {
		return p.config.ContentSHA256, true
	}
	if p.config.ContentSHA256URL.IsUnknown() || p.config.SourceURL.IsUnknown() {
		p.unproven = true
		return types.StringUnknown(), true
	}
	ctx, cancel := context.WithTimeoutCause(ctx, planTimeout, errPlanTimeout)
	defer cancel()
	hash, awaits, err := p.provider.checksum(ctx, p.config)
	switch {
	case awaits != "":
		p.unproven = true
		p.unreachable(fmt.Sprintf("In the provider's block %s is known only after an apply, so the checksum file cannot be read before.", awaits), unseenHash)
	case errors.Is(err, source.ErrChecksums), errors.Is(err, errBadAddress), errors.Is(err, blob.ErrSettings):
		title, detail := failure("Reading "+shown(p.config.ContentSHA256URL.ValueString()), err)
		p.complain("content_sha256_url", title, detail)
	case err != nil:
		p.unproven = true
		p.diags.AddAttributeWarning(path.Root("content_sha256_url"), noChecksumsTitle,
			planCause(ctx, shown(p.config.ContentSHA256URL.ValueString()), err)+"\n\nThe plan cannot show the hash; the file is read again at apply, which fails without it.")
	default:
		return types.StringValue(hash.String()), true
	}
	return types.StringNull(), false
}

// planLocal hashes bytes that lie here, pinned or not. pin may be unknown.
func (p *artifactPlan) planLocal(ctx context.Context, from blob.Source, pin types.String) {
	read, ok := p.readSource(ctx, from)
	switch {
	case pin.IsUnknown():
		p.planned.ContentSHA256 = types.StringUnknown() // whether the source is there counted all the same
	case pin.IsNull() && ok:
		p.planned.ContentSHA256 = types.StringValue(read.SHA256.String())
		p.bytes = read.Size
	case pin.IsNull():
		p.planned.ContentSHA256 = types.StringUnknown()
	default:
		p.planned.ContentSHA256 = pin
		// The length is not planned: if the source is another one, or gone, once this is planned again at apply, Terraform would stop for that with words about
		// a bug, in place of ours about the pin.
		if ok && read.SHA256.String() != pin.ValueString() {
			p.complain(p.config.pinAttribute(), "The source is not the pinned one",
				fmt.Sprintf("The source has SHA-256 %s, and %s asks for %s. Correct the one that is wrong, or remove %[2]s to take the source as it is.",
					read.SHA256, p.config.pinAttribute(), pin.ValueString()))
		}
	}
}

// pinAttribute is the attribute that pins the bytes.
func (m artifactModel) pinAttribute() string {
	if !m.ContentSHA256URL.IsNull() {
		return "content_sha256_url"
	}
	return "content_sha256"
}

// readSource hashes the source as it is now. ok is false where that is not possible; the reason has been told.
func (p *artifactPlan) readSource(ctx context.Context, from blob.Source) (read blob.Sums, ok bool) {
	if from == nil {
		// A text cannot be missing, whatever it will be.
		p.unproven = p.config.Content.IsNull()
		return blob.Sums{}, false
	}
	read, err := p.provider.hashOf(ctx, from)
	switch {
	case err == nil:
		return read, true
	case errors.Is(err, fs.ErrNotExist):
		p.unproven = true
		p.diags.AddAttributeWarning(path.Root(p.config.sourceAttribute()), "The source is not there yet",
			fmt.Sprintf("There is no file %q. If this run makes it before the artifact is applied, all is well; the plan cannot show its hash. Otherwise the apply will fail.",
				p.config.sourceName()))
	default:
		title, detail := sourceFailure(p.config.sourceName(), err)
		p.complain(p.config.sourceAttribute(), title, detail)
	}
	return blob.Sums{}, false
}

// sourceName is what messages call the source: a path, or a URL without what may be secret in it.
func (m artifactModel) sourceName() string {
	if !m.SourceURL.IsNull() {
		return shown(m.SourceURL.ValueString())
	}
	return m.Source.ValueString()
}

// complain is an error while nothing exists, and a warning where it would stand in the way of a destroy.
func (p *artifactPlan) complain(attribute, title, detail string) {
	p.unproven = true
	if p.exists {
		p.diags.AddAttributeWarning(path.Root(attribute), title, detail+"\n\nThe object in the store stays as it is: an apply that should replace it will fail before it is touched.")
		return
	}
	p.diags.AddAttributeError(path.Root(attribute), title, detail)
}

// sourceFailure is failure for the artifact's own file.
func sourceFailure(name string, err error) (title, detail string) {
	tried := fmt.Sprintf("Reading the source %q", name)
	switch {
	case errors.Is(err, source.ErrNotRegular):
		return failure(tried, err)
	case errors.Is(err, fs.ErrNotExist):
		return sourceMissingTitle, explained(tried, err, "Build the file first, or correct its path. A relative path counts from the root module's directory.")
	case errors.Is(err, fs.ErrPermission):
		return sourceUnreadableTitle, explained(tried, err, "Let the user who runs this read the file.")
	}
	return failure(tried, err)
}
