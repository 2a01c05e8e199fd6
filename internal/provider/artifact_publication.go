package provider

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	frameworkpath "github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// artifactPublication is one create or update of an artifact, with everything known.
type artifactPublication struct {
	artifact workspace.Artifact
	store    blob.Store
	provider *configured
	from     *watched
	remote   bool       // from lies elsewhere
	hash     *blob.Hash // nil: known once the bytes have come
	config   artifactModel
	planned  artifactModel

	found      blob.Info // what is in the store at the end
	downloaded *download // nil: no remote source was read
	present    bool      // the source turned out to have the bytes that are there
}

// state is the planned model with what the store said.
func (p *artifactPublication) state() artifactModel {
	model := p.planned
	model.observe(p.found)
	return model
}

// create looks what is there, and writes, takes over, adopts or refuses. It may turn owner into one that does not own.
func (p *artifactPublication) create(ctx context.Context, owner *ownership) diag.Diagnostics {
	looked := time.Now()
	there, err := p.store.Head(ctx, p.artifact.Key())
	if errors.Is(err, fs.ErrNotExist) {
		return p.put(ctx, blob.Attrs{Owner: owner.Token}, nil, blob.Cond{IfAbsent: true, Seen: looked})
	}
	if err != nil {
		return p.failed("Looking at", err)
	}
	token := there.Owner()
	mayOverwrite := p.planned.Overwrite.ValueBool()
	if p.hash == nil && mayOverwrite {
		return p.put(ctx, blob.Attrs{Owner: owner.Token}, nil, blob.Cond{IfMatch: there.ETag, Seen: looked})
	}
	same, diags := p.sameBytes(ctx, there)
	if diags.HasError() {
		return diags
	}
	switch {
	case same && (token != "" || mayOverwrite):
		diags := p.setAttrs(ctx, there.ETag, func(attrs *blob.Attrs) {
			attrs.Owner, attrs.SHA256 = owner.Token, p.hash
			p.plannedAttrs(attrs, nil)
		})
		if token != "" && !diags.HasError() {
			diags.AddWarning("The file was taken over",
				fmt.Sprintf("%s was there with the planned bytes, written by an earlier run, by a resource at another address, or from another state. It belongs to this resource now. "+
					"Unless that was a resource of this configuration, take it out of one of the two states: each would delete it.", p.artifact.URI()))
		}
		return diags
	case same && p.hasPlannedAttrs(there.Attrs):
		owner.Owned, owner.Stamped = false, false
		p.found = there
		var diags diag.Diagnostics
		diags.AddWarning("The file was there already",
			fmt.Sprintf("%s has the planned bytes, and somebody else wrote it. It is used as it is: a destroy will leave it, and other bytes will need overwrite = true.", p.artifact.URI()))
		return diags
	case mayOverwrite:
		return p.put(ctx, blob.Attrs{Owner: owner.Token}, nil, blob.Cond{IfMatch: there.ETag, Seen: looked})
	}
	return p.occupied(there, same, token != "")
}

// sameBytes compares what is there with the wanted bytes. Another length needs no hashing.
func (p *artifactPublication) sameBytes(ctx context.Context, there blob.Info) (bool, diag.Diagnostics) {
	if !p.planned.Size.IsUnknown() && p.planned.Size.ValueInt64() != there.Size {
		return false, nil
	}
	if p.hash == nil {
		if diags := p.learn(ctx); diags.HasError() {
			return false, diags
		}
	}
	// Read, and not believed: whoever wrote it may have sent our metadata along with other bytes.
	hash, err := blob.HashObject(ctx, p.store, there)
	if err != nil {
		return false, p.failed("Reading", err)
	}
	return hash == *p.hash, nil
}

// occupied says what is there, and offers every way out.
func (p *artifactPublication) occupied(there blob.Info, same, ours bool) diag.Diagnostics {
	what := "other bytes"
	if same {
		what = "the same bytes, but another content type or other metadata"
	}
	if ours {
		what += ", written by this provider: by an earlier run, for a resource at another address, or from another state"
	}
	var diags diag.Diagnostics
	diags.AddAttributeError(frameworkpath.Root("filename"), "Another object is there already",
		fmt.Sprintf("Creating %[1]s failed.\n\nCause: There is an object with %[2]s (%[3]d bytes, last modified %[4]s). It was left as it is.\n\n"+
			"What to do: To manage it here, import it: terraform import ADDRESS '%[1]s'. Unless the source is the same, the next apply then replaces its bytes. To keep both, choose another filename, or set content_addressed = true. "+
			"To replace it, set overwrite = true.",
			p.artifact.URI(), what, there.Size, there.ModTime.UTC().Format("2006-01-02 15:04:05 UTC")))
	return diags
}

// update brings the object that the plan saw to what was planned, with as few requests as that needs: none, if only the
// configuration's own words changed.
func (p *artifactPublication) update(ctx context.Context, prior artifactModel, owner *ownership) diag.Diagnostics {
	if p.hash == nil || p.hash.String() != prior.ContentSHA256.ValueString() {
		return p.replace(ctx, prior, owner)
	}
	return p.updateAttrs(ctx, prior, owner)
}

// updateAttrs brings what is told about the object to what was planned; its bytes stay.
func (p *artifactPublication) updateAttrs(ctx context.Context, prior artifactModel, owner *ownership) diag.Diagnostics {
	if attrsChange(p.planned, prior) {
		refused := false
		diags := p.setAttrs(ctx, prior.ETag.ValueString(), func(attrs *blob.Attrs) {
			if refused = !owner.mayReplace(attrs.Owner) && !p.planned.Overwrite.ValueBool(); !refused {
				attrs.Owner, attrs.SHA256 = owner.stamp(), p.hash
				p.plannedAttrs(attrs, &prior)
			}
		})
		if refused {
			return p.notOurs()
		}
		owner.Owned = owner.Owned || !diags.HasError()
		return diags
	}
	p.found = blob.Info{Size: prior.Size.ValueInt64(), ETag: prior.ETag.ValueString(), VersionID: prior.VersionID.ValueString()}
	return nil
}

// replace sends other bytes.
func (p *artifactPublication) replace(ctx context.Context, prior artifactModel, owner *ownership) diag.Diagnostics {
	looked := time.Now()
	there, err := p.store.Head(ctx, p.artifact.Key())
	if errors.Is(err, fs.ErrNotExist) {
		return p.failed("Replacing", fmt.Errorf("%w: it is gone", blob.ErrChanged))
	}
	if err != nil {
		return p.failed("Looking at", err)
	}
	if there.ETag != prior.ETag.ValueString() {
		return p.failed("Replacing", blob.ErrChanged)
	}
	if !owner.mayReplace(there.Owner()) && !p.planned.Overwrite.ValueBool() {
		return p.keep(ctx, prior, owner)
	}
	attrs := blob.Attrs{}
	if there.Attrs != nil {
		attrs = there.Attrs.Clone()
	}
	stamped := *owner
	attrs.Owner = stamped.stamp()
	diags := p.put(ctx, attrs, &prior, blob.Cond{IfMatch: there.ETag, Seen: looked})
	if p.present {
		diags = p.updateAttrs(ctx, prior, owner) // nothing was stamped
		diags.AddAttributeWarning(frameworkpath.Root("source_url"), "The source has not changed after all",
			fmt.Sprintf("%s was fetched, and has the bytes that are there already: nothing was written. If this comes with every apply, its server does not tell one ETag or date twice. "+
				"Pin the file: content_sha256 = %q.", p.config.sourceName(), p.hash))
		return diags
	}
	if !diags.HasError() {
		*owner = stamped
		owner.Owned = true
	}
	return diags
}

// keep is for an object that must not be replaced: a source whose hash nobody knows yet may turn out to have the same bytes.
func (p *artifactPublication) keep(ctx context.Context, prior artifactModel, owner *ownership) diag.Diagnostics {
	if p.hash == nil {
		if diags := p.learn(ctx); diags.HasError() {
			return diags
		}
	}
	if p.hash.String() != prior.ContentSHA256.ValueString() {
		return p.notOurs()
	}
	return p.updateAttrs(ctx, prior, owner)
}

// put publishes the bytes, with the attributes that were there before and those that are planned.
func (p *artifactPublication) put(ctx context.Context, attrs blob.Attrs, prior *artifactModel, cond blob.Cond) diag.Diagnostics {
	p.plannedAttrs(&attrs, prior)
	if attrs.ContentType == "" {
		attrs.ContentType = contentTypeOf(p.artifact.Filename)
	}
	options := blob.PutOptions{Cond: cond, Attrs: attrs, Accelerate: p.planned.Accelerate.ValueBool()}
	known := p.hash != nil
	if hash, err := blob.ParseHash(hashOf(prior)); err == nil && !known {
		options.Present = &hash
	}
	info, sums, err := blob.Put(ctx, p.store, p.artifact.Key(), p.from, p.hash, options)
	if p.present = errors.Is(err, blob.ErrPresent); err != nil && !p.present {
		return p.failed("Publishing", err)
	}
	p.know(sums.SHA256)
	p.came(sums)
	if p.present {
		return nil
	}
	p.found = info
	if !known && (info.Attrs == nil || info.Attrs.SHA256 == nil) {
		return p.storeHash(ctx)
	}
	return nil
}

// hashOf is the hash of the object that the state knows; "" without one.
func hashOf(prior *artifactModel) string {
	if prior == nil {
		return ""
	}
	return prior.ContentSHA256.ValueString()
}

const notOursTitle = "The object is not ours"

// notOurs refuses to touch an object that this state does not own.
func (p *artifactPublication) notOurs() diag.Diagnostics {
	var diags diag.Diagnostics
	diags.AddAttributeError(frameworkpath.Root("overwrite"), notOursTitle,
		explained("Changing "+p.artifact.URI(), errors.New("the object was there before this resource, or another Terraform state has taken it over. It was left as it is"),
			"Set overwrite = true to change it all the same, or choose another filename."))
	return diags
}

// setAttrs changes what is told about the object that has an ETag, and sends no byte of it.
func (p *artifactPublication) setAttrs(ctx context.Context, etag string, edit func(*blob.Attrs)) diag.Diagnostics {
	info, err := p.editAttrs(ctx, etag, edit)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w: it is gone", blob.ErrChanged)
	}
	if err != nil {
		return p.failed("Changing the attributes of", err)
	}
	p.found = info
	return nil
}

func (p *artifactPublication) editAttrs(ctx context.Context, etag string, edit func(*blob.Attrs)) (blob.Info, error) {
	var wanted blob.Attrs
	info, err := p.store.SetAttrs(ctx, p.artifact.Key(), blob.Cond{IfMatch: etag}, func(attrs *blob.Attrs) {
		edit(attrs)
		wanted = attrs.Clone()
	})
	if err != nil && wanted.Owner != "" {
		return p.settleAttrs(ctx, wanted, err)
	}
	return info, err
}

// settleAttrs finds out whether a change whose answer was lost took place: the refusal of its repetition would hide it, and with it the
// token that the object has by now.
func (p *artifactPublication) settleAttrs(ctx context.Context, wanted blob.Attrs, cause error) (blob.Info, error) {
	ctx, cancel := blob.CommitContext(ctx)
	defer cancel()
	info, err := p.store.Head(ctx, p.artifact.Key())
	if err != nil || info.Attrs == nil || !info.Attrs.Equal(wanted) {
		return blob.Info{}, cause
	}
	return info, nil
}

// plannedAttrs brings attributes to what is planned. Metadata that was managed before and is not planned any more goes; what
// others added stays.
func (p *artifactPublication) plannedAttrs(attrs *blob.Attrs, prior *artifactModel) {
	before := map[string]string{}
	if prior != nil {
		before = prior.userMetadata()
	}
	switch contentType := p.planned.ContentType.ValueString(); {
	case contentType != "":
		attrs.ContentType = contentType
	case prior != nil && !prior.ContentType.IsNull():
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

// hasPlannedAttrs says whether an object has what the configuration asks for, and perhaps more.
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

// contentTypeOf is the media type of what Flink jobs are made of. It does not ask the machine's own tables, which differ.
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
