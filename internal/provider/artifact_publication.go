package provider

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// artifactPublication is one create or update of an artifact.
type artifactPublication struct {
	provider *configured
	config   artifactModel
	planned  artifactModel
	prior    *artifactModel // nil: it is a create
	owner    ownership      // as it is before, and in the end as it is to be kept

	artifact workspace.Artifact
	store    blob.Store
	from     *reading
	remote   bool       // from is on another server
	hash     *blob.Hash // of the wanted bytes; nil: known once they have come

	object     blob.Info // what is in the store at the end
	downloaded *download // nil: no remote source was read
	present    bool      // the source turned out to have the bytes that the store has already
}

// read takes over the configuration and the plan.
func (p *artifactPublication) read(ctx context.Context, config tfsdk.Config, plan tfsdk.Plan) diag.Diagnostics {
	diags := readModel(ctx, config, &p.config)
	diags.Append(readModel(ctx, plan, &p.planned)...)
	return diags
}

// publish opens source and store, and changes the object by write, under the lock of its location.
func (p *artifactPublication) publish(ctx context.Context, write func() diag.Diagnostics) diag.Diagnostics {
	diags := p.open(ctx)
	if !diags.HasError() {
		diags.Append(p.provider.walk.change(ctx, p.artifact.Canonical(), p.artifact.URI(), write)...)
	}
	return diags
}

// open opens source and store, and finds the location.
// The hash of bytes that lie here is found now where the plan did not know it; that of others is found as they come, unless the file's name needs it.
func (p *artifactPublication) open(ctx context.Context) diag.Diagnostics {
	from, err := p.provider.sources.of(p.config)
	switch {
	case errors.Is(err, errNotYet):
		return diag.Diagnostics{unopened(p.config.sourceAttribute(), p.config.sourceName(), err)}
	case err != nil:
		return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root(p.config.sourceAttribute()), sourceURLRule.Title, rule.Sentence(err))}
	}
	_, p.remote = from.(source.Remote)
	p.from = &reading{Source: from}
	if diags := p.findHash(ctx); diags.HasError() {
		return diags
	}
	var attribute string
	if p.artifact, attribute, err = p.planned.location(); err != nil {
		return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root(attribute), locationRules[attribute].Title, rule.Sentence(err))}
	}
	p.planned.URI = types.StringValue(p.artifact.URI())
	if p.store, err = p.provider.stores.open(p.artifact.Base); err != nil {
		return diag.Diagnostics{failureAt("base_uri", "Opening "+p.artifact.Base.String(), err)}
	}
	return nil
}

// record hands to Terraform what a create or an update has come to.
func (p *artifactPublication) record(ctx context.Context, private privateWriter, state *tfsdk.State, identity *tfsdk.ResourceIdentity) diag.Diagnostics {
	diags := ownershipKey.write(ctx, private, p.owner)
	diags.Append(writeSighting(ctx, private, p.artifact, p.owner, p.object)...)
	diags.Append(p.writeDownload(ctx, private)...)
	p.planned.observe(p.object)
	diags.Append(writeModel(ctx, p.planned, &state.Raw)...)
	diags.Append(setIdentity(ctx, identity, p.artifact.Canonical())...)
	return diags
}

// create writes, takes over, adopts or refuses, depending on the object that exists.
// Afterwards p.owner may not own the object.
func (p *artifactPublication) create(ctx context.Context) diag.Diagnostics {
	looked := time.Now()
	object, err := p.store.Head(ctx, p.artifact.Key())
	if errors.Is(err, fs.ErrNotExist) {
		return p.put(ctx, blob.Attrs{Owner: p.owner.Token}, blob.Cond{IfAbsent: true, Seen: looked})
	}
	if err != nil {
		return p.failed("Checking", err)
	}
	token, mayOverwrite := object.Owner(), p.planned.Overwrite.ValueBool()
	overwrite := func() diag.Diagnostics {
		return p.put(ctx, blob.Attrs{Owner: p.owner.Token}, blob.Cond{IfMatch: object.ETag, Seen: looked})
	}
	if p.hash == nil && mayOverwrite {
		return overwrite()
	}
	same, diags := p.sameBytes(ctx, object)
	if diags.HasError() {
		return diags
	}
	switch {
	case same && (token != "" || mayOverwrite):
		diags := p.setAttrs(ctx, object.ETag, func(attrs *blob.Attrs) {
			attrs.Owner, attrs.SHA256 = p.owner.Token, p.hash
			p.plannedAttrs(attrs)
		})
		if token != "" && !diags.HasError() {
			diags.AddWarning("Existing object taken over",
				fmt.Sprintf("%s already existed with the planned content, written by an earlier run, by a resource at another address, or from another state. It now belongs to this resource. "+
					"If a resource of another configuration manages it as well, remove it from one of the two states, since each would delete it.", p.artifact.URI()))
		}
		return diags
	case same && p.hasPlannedAttrs(object.Attrs):
		p.owner.Owned, p.owner.Stamped = false, false
		p.object = object
		return diag.Diagnostics{diag.NewWarningDiagnostic("Existing object adopted",
			fmt.Sprintf("%s already exists with the planned content, and was written by another client. It is used as it is: a destroy will leave it, and new content will require overwrite = true.", p.artifact.URI()))}
	case mayOverwrite:
		return overwrite()
	}
	return p.occupied(object, same)
}

// sameBytes compares an object with the wanted bytes.
// Another length needs no hashing.
func (p *artifactPublication) sameBytes(ctx context.Context, object blob.Info) (bool, diag.Diagnostics) {
	if !p.planned.Size.IsUnknown() && p.planned.Size.ValueInt64() != object.Size {
		return false, nil
	}
	if p.hash == nil {
		if diags := p.learn(ctx); diags.HasError() {
			return false, diags
		}
	}
	// Read, and not believed: whoever wrote it may have sent our metadata along with other bytes.
	hash, err := blob.HashObject(ctx, p.store, object)
	if err != nil {
		return false, p.failed("Reading", err)
	}
	return hash == *p.hash, nil
}

// occupied says which object there is, and offers every way out.
func (p *artifactPublication) occupied(object blob.Info, same bool) diag.Diagnostics {
	what := "different content"
	if same {
		what = "the same content, but a different content type or metadata"
	}
	if object.Owner() != "" {
		what += ", written by this provider: by an earlier run, for a resource at another address, or from another state"
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("filename"), "Object already exists",
		fmt.Sprintf("Creating %[1]s failed.\n\nCause: An object with %[2]s already exists (%[3]d bytes, last modified %[4]s). It was left unchanged.\n\n"+
			"What to do: To manage the existing object, import it: terraform import ADDRESS '%[1]s'. The next apply then replaces its content unless the source is the same. To keep both, choose another filename, or set content_addressed = true. "+
			"To replace it, set overwrite = true.",
			p.artifact.URI(), what, object.Size, object.ModTime.UTC().Format("2006-01-02 15:04:05 UTC")))}
}

// update brings the object that the plan saw to what was planned, with as few requests as that needs: none, if only the configuration's own words changed.
func (p *artifactPublication) update(ctx context.Context) diag.Diagnostics {
	if p.hasPriorBytes() {
		return p.updateAttrs(ctx)
	}
	return p.replace(ctx)
}

// hasPriorBytes reports whether the wanted bytes are those that the state has.
func (p *artifactPublication) hasPriorBytes() bool {
	return p.hash != nil && p.hash.String() == p.prior.ContentSHA256.ValueString()
}

// updateAttrs brings the object's attributes to what was planned; its bytes stay.
func (p *artifactPublication) updateAttrs(ctx context.Context) diag.Diagnostics {
	if !attrsChange(p.planned, *p.prior) {
		p.object = blob.Info{Size: p.prior.Size.ValueInt64(), ETag: p.prior.ETag.ValueString(), VersionID: p.prior.VersionID.ValueString()}
		return nil
	}
	refused := false
	diags := p.setAttrs(ctx, p.prior.ETag.ValueString(), func(attrs *blob.Attrs) {
		if refused = !p.mayReplace(attrs.Owner); !refused {
			attrs.Owner, attrs.SHA256 = p.owner.stamp(), p.hash
			p.plannedAttrs(attrs)
		}
	})
	if refused {
		return p.notOurs()
	}
	p.owner.Owned = p.owner.Owned || !diags.HasError()
	return diags
}

// mayReplace reports whether the object with a token may be changed.
func (p *artifactPublication) mayReplace(token string) bool {
	return p.owner.mayReplace(token) || p.planned.Overwrite.ValueBool()
}

// replace sends other bytes.
func (p *artifactPublication) replace(ctx context.Context) diag.Diagnostics {
	looked := time.Now()
	object, err := p.store.Head(ctx, p.artifact.Key())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return p.failed("Replacing", fmt.Errorf("%w: it no longer exists", blob.ErrChanged))
	case err != nil:
		return p.failed("Checking", err)
	case object.ETag != p.prior.ETag.ValueString():
		return p.failed("Replacing", blob.ErrChanged)
	case !p.mayReplace(object.Owner()):
		return p.keep(ctx)
	}
	attrs := blob.Attrs{}
	if object.Attrs != nil {
		attrs = object.Attrs.Clone()
	}
	stamped := p.owner
	attrs.Owner = stamped.stamp()
	diags := p.put(ctx, attrs, blob.Cond{IfMatch: object.ETag, Seen: looked})
	if p.present {
		diags = p.updateAttrs(ctx) // nothing was stamped
		diags.AddAttributeWarning(path.Root("source_url"), "The source turned out to be unchanged",
			fmt.Sprintf("%s was downloaded, and its content is the same as before: nothing was written. If this happens with every apply, the server reports a new ETag or date each time. "+
				"Pin the file: content_sha256 = %q.", p.config.sourceName(), p.hash))
		return diags
	}
	if !diags.HasError() {
		p.owner = stamped
		p.owner.Owned = true
	}
	return diags
}

// keep is for an object that must not be replaced: a source whose hash is not known yet may turn out to have the same bytes.
func (p *artifactPublication) keep(ctx context.Context) diag.Diagnostics {
	if p.hash == nil {
		if diags := p.learn(ctx); diags.HasError() {
			return diags
		}
	}
	if !p.hasPriorBytes() {
		return p.notOurs()
	}
	return p.updateAttrs(ctx)
}

// put publishes the bytes, with the attributes that the object had before and those that are planned.
func (p *artifactPublication) put(ctx context.Context, attrs blob.Attrs, cond blob.Cond) diag.Diagnostics {
	p.plannedAttrs(&attrs)
	if attrs.ContentType == "" {
		attrs.ContentType = contentTypeOf(p.artifact.Filename)
	}
	options := blob.PutOptions{Cond: cond, Attrs: attrs, Accelerate: p.planned.Accelerate.ValueBool()}
	known := p.hash != nil
	if p.prior != nil && !known {
		if hash, err := blob.ParseHash(p.prior.ContentSHA256.ValueString()); err == nil {
			options.Present = &hash
		}
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
	p.object = info
	if !known && (info.Attrs == nil || info.Attrs.SHA256 == nil) {
		return p.storeHash(ctx)
	}
	return nil
}

const notOursTitle = "Object not owned by this resource"

// notOurs refuses to touch an object that this state does not own.
func (p *artifactPublication) notOurs() diag.Diagnostics {
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("overwrite"), notOursTitle,
		explained("Changing "+p.artifact.URI(), errors.New("the object existed before this resource, or another Terraform state has taken it over. It was left unchanged"),
			"Set overwrite = true to change it anyway, or choose another filename."))}
}
