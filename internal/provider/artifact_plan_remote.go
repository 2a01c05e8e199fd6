package provider

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/httpsource"
)

// planTimeout bounds how long a plan waits for a source or a file of checksums, repetitions included: a plan can go on without.
var planTimeout = 30 * time.Second // shorter in a test

var (
	errPlanTimeout = errors.New("no response within the 30 seconds that a plan waits")
	errBadAddress  = errors.New("the address is invalid")
)

func newDownload(address string, of source.Description, sums blob.Sums) download {
	return download{
		Source: digestOf(address), ETag: of.ETag, LastModified: of.LastModified, Length: of.Size,
		Size: sums.Size, SHA256: sums.SHA256.String(),
	}
}

func digestOf(address string) string {
	digest := sha256.Sum256([]byte(address))
	return hex.EncodeToString(digest[:])
}

// compareRemote checks with one request whether an unpinned source has changed since it was read last.
func (s *sourceInspection) compareRemote(ctx context.Context, from source.Remote, downloaded download) {
	now, ok := s.describe(ctx, from, unseenHash)
	if !ok {
		return
	}
	if oddity := now.Oddity(s.remoteFilename()); oddity != "" {
		s.diags.AddAttributeWarning(path.Root("source_url"), oddTitle, oddDetail(from.String(), oddity)+pinIt)
	}
	comparison := source.Different
	if downloaded.Source == digestOf(s.config.SourceURL.ValueString()) {
		before := source.Description{ETag: downloaded.ETag, LastModified: downloaded.LastModified, Size: downloaded.Length}
		comparison = source.Compare(before, now)
	}
	switch comparison {
	case source.Unknowable:
		s.diags.AddAttributeWarning(path.Root("source_url"), "Cannot tell whether the source has changed",
			fmt.Sprintf("%s is served with neither an ETag nor a date. The plan assumes that the file has not changed. To specify which file is expected, pin it: content_sha256 = %q.",
				from, downloaded.SHA256))
		fallthrough
	case source.Same:
		s.hash, s.size = types.StringValue(downloaded.SHA256), downloaded.Size
	case source.Different:
		s.unproven, s.unseen = true, true
	}
}

// prove checks that a pinned source can be reached before an object is deleted for it.
// Without a replacement a plan does not check that.
func (s *sourceInspection) prove(ctx context.Context) {
	if !s.config.pinned() || s.unproven {
		return
	}
	from, err := s.sources.of(s.config)
	if remote, ok := from.(source.Remote); ok && err == nil {
		s.describe(ctx, remote, keepsOldFile)
	}
}

// describe requests the description of a source.
// Not ok: it failed, and that was reported.
func (s *sourceInspection) describe(ctx context.Context, from source.Remote, consequence string) (source.Description, bool) {
	ctx, cancel := context.WithTimeoutCause(ctx, planTimeout, errPlanTimeout)
	defer cancel()
	description, err := from.Describe(ctx)
	switch {
	case errors.Is(err, blob.ErrSettings):
		title, detail := failure("Requesting "+from.String(), err)
		s.complain("source_url", title, detail)
	case err != nil:
		s.unproven = true
		s.unreachable(planCause(ctx, from.String(), err), consequence)
	}
	return description, err == nil
}

// planCause is why a request failed: in the words of the failure, or that the time of the plan was over.
func planCause(ctx context.Context, requested string, err error) string {
	if cause := context.Cause(ctx); errors.Is(cause, errPlanTimeout) {
		err = fmt.Errorf("%s: %w", requested, cause)
	}
	if advice := adviceOf(err); advice != "" {
		return rule.Sentence(err) + " " + advice
	}
	return rule.Sentence(err)
}

const (
	unseenHash   = "The plan cannot show the hash, and the apply will download the file. With content_sha256 the plan does not need a response."
	keepsOldFile = "The object is to be replaced with this source. Unless create_before_destroy is set, the apply will refuse to delete the old object first."
)

// unreachable is a warning, since a plan must not fail for a server that will be there at apply.
func (s *sourceInspection) unreachable(why, consequence string) {
	s.diags.AddAttributeWarning(path.Root("source_url"), "The source could not be checked", why+"\n\n"+consequence)
}

// remoteFilename is the name that the file will have, "" where it is not known yet.
func (s *sourceInspection) remoteFilename() string {
	if !s.config.Filename.IsNull() {
		return s.config.Filename.ValueString()
	}
	name, _ := sourceURLName(s.config.SourceURL.ValueString())
	return name
}

const oddTitle = "The source may not be the intended file"

const pinIt = " With a pin (content_sha256), nothing else can be published."

func oddDetail(from, oddity string) string {
	return fmt.Sprintf("%s: %s If it requires a login, set credentials for its host in the provider's http block.", from, oddity)
}

const noChecksumsTitle = "The checksum file cannot be read"

// shown is a source URL in messages: without its query, which may be secret.
func shown(address string) string {
	if schemes.All.IsObjectURI(address) {
		return address
	}
	return httpsource.Shown(address)
}
