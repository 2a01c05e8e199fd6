package provider

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
)

// sourceInspection looks at an artifact's source for a plan, and puts what is wrong with it into words.
type sourceInspection struct {
	sources      *sources
	config       artifactModel
	objectExists bool // then what is wrong with the source is a warning, as an error would stand in the way of a destroy
	diags        *diag.Diagnostics

	evidence
}

// evidence is what a plan has seen of the bytes that an artifact will have.
type evidence struct {
	hash types.String // of the bytes; unknown: the apply finds it out
	size int64        // of the bytes; -1: not planned
	// unproven reports whether the apply may have no such bytes: they could not be read, are not the pinned ones, are those of an object that is deleted first, or can be read at apply only.
	unproven bool
	// unseen reports whether a remote source has other bytes than before, and the plan cannot tell which.
	unseen bool
}

// inspect finds the SHA-256 that the bytes will have.
// stored is that of the object as the state has it, null where there is none.
func (s *sourceInspection) inspect(ctx context.Context, stored types.String, downloaded download) {
	s.hash, s.size = types.StringUnknown(), -1
	pin, ok := s.pin(ctx)
	if !ok {
		return
	}
	if !pin.IsNull() && !pin.IsUnknown() && pin.Equal(stored) {
		s.hash = pin
		return
	}
	from, err := s.sources.of(s.config)
	remote, isRemote := from.(source.Remote)
	switch notYet := errors.Is(err, errNotYet); {
	case notYet && pin.IsNull():
		s.unproven = true
		s.unreachable(rule.Sentence(err)+" The source cannot be checked before.", unseenHash)
	case err != nil && !notYet:
		s.diags.AddAttributeError(path.Root(s.config.sourceAttribute()), sourceURLRule.Title, rule.Sentence(err))
	case isRemote && pin.IsNull():
		s.compareRemote(ctx, remote, downloaded)
	case isRemote, notYet:
		s.hash = pin // the pin says it all: no request is sent
	default:
		s.readLocal(ctx, from, pin)
	}
}

// pin is what the configuration wants, by itself or by a file of checksums; null: it takes whatever the source has.
// Not ok: the file of checksums could not be read, which was reported.
func (s *sourceInspection) pin(ctx context.Context) (pin types.String, ok bool) {
	if s.config.ContentSHA256URL.IsNull() {
		return s.config.ContentSHA256, true
	}
	if s.config.ContentSHA256URL.IsUnknown() || s.config.SourceURL.IsUnknown() {
		s.unproven = true
		return types.StringUnknown(), true
	}
	ctx, cancel := context.WithTimeoutCause(ctx, planTimeout, errPlanTimeout)
	defer cancel()
	hash, err := s.sources.checksum(ctx, s.config)
	switch {
	case errors.Is(err, errNotYet):
		s.unproven = true
		s.unreachable(rule.Sentence(err)+" The checksum file cannot be read before.", unseenHash)
	case errors.Is(err, source.ErrChecksums), errors.Is(err, errBadAddress), errors.Is(err, blob.ErrSettings):
		title, detail := failure("Reading "+shown(s.config.ContentSHA256URL.ValueString()), err)
		s.complain("content_sha256_url", title, detail)
	case err != nil:
		s.unproven = true
		s.diags.AddAttributeWarning(path.Root("content_sha256_url"), noChecksumsTitle,
			planCause(ctx, shown(s.config.ContentSHA256URL.ValueString()), err)+"\n\nThe plan cannot show the hash. The apply reads the checksum file again, and fails without it.")
	default:
		return types.StringValue(hash.String()), true
	}
	return types.StringNull(), false
}

// readLocal hashes bytes that lie here, pinned or not: an unknown pin is one too.
func (s *sourceInspection) readLocal(ctx context.Context, from blob.Source, pin types.String) {
	read, ok := s.read(ctx, from)
	switch {
	case !pin.IsNull():
		// The length is not planned: if the source is another one, or gone, once this is planned again at apply, Terraform would stop for that with words about a bug, in place of ours about the pin.
		s.hash = pin
		if ok && !pin.IsUnknown() && read.SHA256.String() != pin.ValueString() {
			s.complain(s.config.pinAttribute(), "The source does not match its pin",
				fmt.Sprintf("The source has SHA-256 %s, but %s requires %s. Correct the one that is wrong, or remove %[2]s to accept any content.",
					read.SHA256, s.config.pinAttribute(), pin.ValueString()))
		}
	case ok:
		s.hash, s.size = types.StringValue(read.SHA256.String()), read.Size
	}
}

// read hashes the source as it is now; nil: it is not known yet.
// ok is false where that is not possible; the reason was reported.
func (s *sourceInspection) read(ctx context.Context, from blob.Source) (read blob.Sums, ok bool) {
	if from == nil {
		// A text cannot be missing, whatever it will be.
		s.unproven = s.config.Content.IsNull()
		return blob.Sums{}, false
	}
	read, err := s.sources.hashOf(ctx, from)
	switch {
	case err == nil:
		return read, true
	case errors.Is(err, fs.ErrNotExist):
		s.unproven = true
		s.diags.AddAttributeWarning(path.Root(s.config.sourceAttribute()), "The source does not exist yet",
			fmt.Sprintf("There is no file %q. The plan cannot show its hash. No action is needed if this run creates the file before it applies the artifact; otherwise the apply will fail.",
				s.config.sourceName()))
	default:
		title, detail := sourceFailure(s.config.sourceName(), err)
		s.complain(s.config.sourceAttribute(), title, detail)
	}
	return blob.Sums{}, false
}

// file is the local file that the bytes come from, and their planned hash; "" where they come from elsewhere, or one of the two is not known.
func (s *sourceInspection) file() (name, hash string) {
	from, err := s.sources.of(s.config)
	file, ok := from.(source.File)
	if err != nil || !ok || s.hash.IsUnknown() {
		return "", ""
	}
	return file.Path, s.hash.ValueString()
}

// complain is an error while no object exists, and a warning where it would stand in the way of a destroy.
func (s *sourceInspection) complain(attribute, title, detail string) {
	s.unproven = true
	if s.objectExists {
		s.diags.AddAttributeWarning(path.Root(attribute), title, detail+"\n\nThe object in the store is not affected: an apply that would replace it fails before it changes anything.")
		return
	}
	s.diags.AddAttributeError(path.Root(attribute), title, detail)
}
