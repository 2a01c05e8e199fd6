package provider

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
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
	errPlanTimeout = errors.New("there was no answer within the 30 seconds that a plan waits")
	errBadAddress  = errors.New("the address cannot be used")
)

// download is what the private state holds of the last reading of a remote source: what was told about it, and the bytes that came.
type download struct {
	// Source is the SHA-256 of the URL, in hexadecimal digits: what is in a URL's query is not written down once more.
	Source       string `json:"source"`
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"last_modified,omitempty"`
	Length       int64  `json:"length"` // as it was told; -1: it was not
	Size         int64  `json:"size"`   // bytes that came
	SHA256       string `json:"sha256"`
}

// downloadKey is part of users' states: it never changes.
const downloadKey = "download"

func newDownload(address string, told source.Description, sums blob.Sums) download {
	return download{
		Source: digestOf(address), ETag: told.ETag, LastModified: told.LastModified, Length: told.Size,
		Size: sums.Size, SHA256: sums.SHA256.String(),
	}
}

func digestOf(address string) string {
	digest := sha256.Sum256([]byte(address))
	return hex.EncodeToString(digest[:])
}

// planRemote asks an unpinned source once whether it is what it was when it was read last.
func (p *artifactPlan) planRemote(ctx context.Context, from source.Remote, downloaded download) {
	p.planned.ContentSHA256 = types.StringUnknown()
	told, ok := p.describe(ctx, from, unseenHash)
	if !ok {
		return
	}
	if oddity := told.Oddity(p.remoteFilename()); oddity != "" {
		p.diags.AddAttributeWarning(path.Root("source_url"), oddTitle, oddDetail(from.String(), oddity)+pinIt)
	}
	comparison := source.Different
	if downloaded.Source == digestOf(p.config.SourceURL.ValueString()) {
		before := source.Description{ETag: downloaded.ETag, LastModified: downloaded.LastModified, Size: downloaded.Length}
		comparison = source.Compare(before, told)
	}
	switch comparison {
	case source.Unknowable:
		p.diags.AddAttributeWarning(path.Root("source_url"), "Nobody can tell whether the source has changed",
			fmt.Sprintf("%s comes with neither an ETag nor a date. The plan takes it to be the same file as before. Pin it, so that the configuration says which file it wants: content_sha256 = %q.",
				from, downloaded.SHA256))
		fallthrough
	case source.Same:
		p.planned.ContentSHA256 = types.StringValue(downloaded.SHA256)
		p.bytes = downloaded.Size
	case source.Different:
		p.unproven, p.unseen = true, true
	}
}

// describe asks a source for what it is. Not ok: it cannot be asked; that was told.
func (p *artifactPlan) describe(ctx context.Context, from source.Remote, consequence string) (source.Description, bool) {
	ctx, cancel := context.WithTimeoutCause(ctx, planTimeout, errPlanTimeout)
	defer cancel()
	told, err := from.Describe(ctx)
	switch {
	case errors.Is(err, blob.ErrSettings):
		title, detail := failure("Asking for "+from.String(), err)
		p.complain("source_url", title, detail)
	case err != nil:
		p.unproven = true
		p.unreachable(planCause(ctx, from.String(), err), consequence)
	}
	return told, err == nil
}

// planCause is why something could not be asked: in the words of the failure, or that the time of the plan was over.
func planCause(ctx context.Context, asked string, err error) string {
	if cause := context.Cause(ctx); errors.Is(cause, errPlanTimeout) {
		err = fmt.Errorf("%s: %w", asked, cause)
	}
	if advice := adviceOf(err); advice != "" {
		return rule.Sentence(err) + " " + advice
	}
	return rule.Sentence(err)
}

const (
	unseenHash   = "The plan cannot show the hash, and the apply will fetch the file. With content_sha256 the plan needs no answer."
	keepsOldFile = "The file is to be replaced by what is there. Unless create_before_destroy is set, the apply will refuse to delete the old file first."
)

// unreachable is a warning, since a plan must not fail for a server that will be there at apply.
func (p *artifactPlan) unreachable(why, consequence string) {
	p.diags.AddAttributeWarning(path.Root("source_url"), "The source cannot be asked", why+"\n\n"+consequence)
}

// proveRemote asks a pinned source, which a plan does not do otherwise, before an object is deleted for it.
func (p *artifactPlan) proveRemote(ctx context.Context) {
	if !p.config.pinned() || p.unproven {
		return
	}
	from, awaits, err := p.provider.bytes(p.config)
	if remote, ok := from.(source.Remote); ok && awaits == "" && err == nil {
		p.describe(ctx, remote, keepsOldFile)
	}
}

// remoteFilename is the name that the file will have, "" where it is not known yet.
func (p *artifactPlan) remoteFilename() string {
	if !p.config.Filename.IsNull() {
		return p.config.Filename.ValueString()
	}
	name, _ := sourceURLName(p.config.SourceURL.ValueString())
	return name
}

const oddTitle = "The source may not be the file that you want"

const pinIt = " A pin (content_sha256) keeps anything else from being published."

func oddDetail(from, oddity string) string {
	return fmt.Sprintf("%s: %s If it needs a log-in, set credentials for its host in the provider's http block.", from, oddity)
}

// otherwise is what else lets the old file be deleted first.
func otherwise(config artifactModel) string {
	if config.ContentAddressed.ValueBool() {
		return "pin the file with content_sha256, so that the plan sees the new one"
	}
	return "set filename, so that the file stays in its place"
}

// checksum reads the pin from the publisher's file of checksums. awaits has the attributes of the provider's block that must be known before.
func (c *configured) checksum(ctx context.Context, m artifactModel) (hash blob.Hash, awaits string, err error) {
	name, err := sourceURLName(m.SourceURL.ValueString())
	if err != nil {
		return blob.Hash{}, "", fmt.Errorf("%w: %w", errBadAddress, err)
	}
	from, awaits, err := c.origin(m.ContentSHA256URL.ValueString(), false)
	if err != nil {
		return blob.Hash{}, "", fmt.Errorf("%w: %w", errBadAddress, err)
	}
	if awaits != "" {
		return blob.Hash{}, awaits, nil
	}
	hash, err = source.Checksum(ctx, from, name)
	if remote := (*source.Error)(nil); errors.As(err, &remote) {
		about := *remote
		about.Advice = strings.ReplaceAll(about.Advice, "source_url", "content_sha256_url")
		err = &about
	}
	return hash, "", err
}

const noChecksumsTitle = "The checksum file cannot be read"

// shown is a source URL in messages: without its query, which may be secret.
func shown(address string) string {
	if schemes.All.IsObjectURI(address) {
		return address
	}
	return httpsource.Shown(address)
}

// watched remembers what its source told as it was last read.
type watched struct {
	blob.Source
	content source.Described // nil: it was not read, or it is not remote
}

// Open implements blob.Source.
func (w *watched) Open(ctx context.Context) (blob.Content, error) {
	content, err := w.Source.Open(ctx)
	if described, ok := content.(source.Described); ok && err == nil {
		w.content = described
	}
	return content, err
}
