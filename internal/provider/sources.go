package provider

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/digestcache"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// sources finds where bytes come from.
// Its errors may be errNotYet.
type sources struct {
	stores  *stores
	digests *digestcache.Cache // of local files; nil: it is off
}

// of is the source of an artifact; nil while it is unknown.
func (s *sources) of(m artifactModel) (blob.Source, error) {
	switch {
	case m.Source.IsUnknown() || m.SourceURL.IsUnknown() || m.Content.IsUnknown():
		return nil, nil // see above
	case !m.Content.IsNull():
		return source.Text(m.Content.ValueString()), nil
	case !m.SourceURL.IsNull():
		return s.at(m.SourceURL.ValueString(), m.pinned())
	}
	return source.File{Path: m.Source.ValueString()}, nil
}

// at is the source that a URL leads to.
// It sends no request.
func (s *sources) at(address string, pinned bool) (blob.Source, error) {
	if !schemes.All.IsObjectURI(address) {
		if unknown := s.stores.settings.HTTPAwaits; unknown != "" {
			return nil, notYet(unknown)
		}
		return s.stores.settings.HTTP.At(address, pinned)
	}
	object, err := schemes.All.ParseObjectURI(address)
	if err != nil {
		return nil, err
	}
	if object.Backend.Local {
		return source.File{Path: filepath.Join(filepath.FromSlash(object.Bucket), object.Key)}, nil
	}
	store, err := s.stores.open(workspace.BaseURI{Backend: object.Backend, Bucket: object.Bucket})
	if err != nil {
		return nil, err
	}
	return source.Object{Store: store, Key: object.Key, Name: address}, nil
}

// checksum reads the pin of an artifact from the publisher's file of checksums.
func (s *sources) checksum(ctx context.Context, m artifactModel) (blob.Hash, error) {
	name, err := sourceURLName(m.SourceURL.ValueString())
	if err != nil {
		return blob.Hash{}, fmt.Errorf("%w: %w", errBadAddress, err)
	}
	from, err := s.at(m.ContentSHA256URL.ValueString(), false)
	if errors.Is(err, errNotYet) {
		return blob.Hash{}, err
	}
	if err != nil {
		return blob.Hash{}, fmt.Errorf("%w: %w", errBadAddress, err)
	}
	hash, err := source.Checksum(ctx, from, name)
	if remote := (*source.Error)(nil); errors.As(err, &remote) {
		about := *remote
		about.Advice = strings.ReplaceAll(about.Advice, "source_url", "content_sha256_url")
		err = &about
	}
	return hash, err
}

// hashOf reads a source for its hash alone, unless it is a local file whose hash is remembered.
func (s *sources) hashOf(ctx context.Context, from blob.Source) (blob.Sums, error) {
	if file, ok := from.(source.File); ok {
		return s.digests.HashOf(ctx, file)
	}
	return blob.HashOf(ctx, from)
}

// reading is a source that remembers how its server described the bytes that were read last.
type reading struct {
	blob.Source
	described source.Described // nil: nothing was read, or the source is not remote
}

// Open implements blob.Source.
func (r *reading) Open(ctx context.Context) (blob.Content, error) {
	content, err := r.Source.Open(ctx)
	if described, ok := content.(source.Described); ok && err == nil {
		r.described = described
	}
	return content, err
}

// describe is the server's description; an empty one where r.described is nil.
func (r *reading) describe() source.Description {
	if r.described == nil {
		return source.Description{Size: -1}
	}
	return r.described.Describe()
}
