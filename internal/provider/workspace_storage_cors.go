package provider

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

type corsRuleModel struct {
	AllowedOrigins types.Set   `tfsdk:"allowed_origins"`
	AllowedMethods types.Set   `tfsdk:"allowed_methods"`
	AllowedHeaders types.Set   `tfsdk:"allowed_headers"`
	ExposeHeaders  types.Set   `tfsdk:"expose_headers"`
	MaxAgeSeconds  types.Int64 `tfsdk:"max_age_seconds"`
}

var corsRuleTypes = map[string]attr.Type{
	"allowed_origins": types.SetType{ElemType: types.StringType},
	"allowed_methods": types.SetType{ElemType: types.StringType},
	"allowed_headers": types.SetType{ElemType: types.StringType},
	"expose_headers":  types.SetType{ElemType: types.StringType},
	"max_age_seconds": types.Int64Type,
}

// corsRuleID is the ID of our rule for a workspace.
// It is part of users' buckets: it never changes.
func corsRuleID(base workspace.BaseURI) string {
	sum := sha256.Sum256([]byte(base.Canonical().String()))
	return blob.CORSIDPrefix + hex.EncodeToString(sum[:])[:16]
}

// corsRule is the rule that an object of known values stands for; an object that is null stands for one that allows nothing.
func corsRule(ctx context.Context, object types.Object, base workspace.BaseURI) (blob.CORSRule, diag.Diagnostics) {
	rule := blob.CORSRule{ID: corsRuleID(base)}
	if object.IsNull() {
		return rule, nil
	}
	var model corsRuleModel
	diags := object.As(ctx, &model, basetypes.ObjectAsOptions{})
	rule.AllowedOrigins, _ = knownStrings(model.AllowedOrigins)
	rule.AllowedMethods, _ = knownStrings(model.AllowedMethods)
	rule.AllowedHeaders, _ = knownStrings(model.AllowedHeaders)
	rule.ExposeHeaders, _ = knownStrings(model.ExposeHeaders)
	if !model.MaxAgeSeconds.IsNull() {
		rule.MaxAgeSeconds = new(int32(model.MaxAgeSeconds.ValueInt64())) //nolint:gosec // its validator keeps it in range
	}
	return rule, diags
}

// corsRuleObject is the way back from corsRule.
func corsRuleObject(rule blob.CORSRule) types.Object {
	age := types.Int64Null()
	if rule.MaxAgeSeconds != nil {
		age = types.Int64Value(int64(*rule.MaxAgeSeconds))
	}
	return types.ObjectValueMust(corsRuleTypes, map[string]attr.Value{
		"allowed_origins": stringSet(rule.AllowedOrigins),
		"allowed_methods": stringSet(rule.AllowedMethods),
		"allowed_headers": stringSet(rule.AllowedHeaders),
		"expose_headers":  stringSet(rule.ExposeHeaders),
		"max_age_seconds": age,
	})
}

// changeCORS brings the bucket's rules from what the state has to what is planned.
// Where both are the same it sends no request.
// One workspace at a time works on a bucket's rules.
//
// written is our rule as it was last written, where the store knows no IDs; after a success it is what to keep in the private state.
func changeCORS(ctx context.Context, locks *keyedLocks, store blob.Store, base workspace.BaseURI, prior, planned types.Object, written *storedCORSRule) error {
	if planned.Equal(prior) {
		return nil
	}
	bucket, ok := store.(blob.CORSConfigurer)
	if !ok {
		return fmt.Errorf("CORS rules in %s: %w", base, errors.ErrUnsupported)
	}
	unlock, err := locks.lock(ctx, "cors:"+base.Backend.Name+":"+base.Bucket)
	if err != nil {
		return err
	}
	defer unlock()
	if planned.IsNull() {
		if err := blob.RemoveCORSRule(ctx, bucket, corsRuleID(base), written.rule()); err != nil {
			return err
		}
		*written = storedCORSRule{}
		return nil
	}
	rule, diags := corsRule(ctx, planned, base)
	if diags.HasError() {
		return errors.New(diags.Errors()[0].Detail())
	}
	now, err := blob.EnsureCORSRule(ctx, bucket, rule, written.rule())
	if err == nil || !base.Backend.CORSRuleIDs { // where rules have IDs, these are enough
		*written = stored(now)
	}
	return err
}

// readCORS is the rule that the bucket has for a workspace: ours, whatever it allows by now, or a foreign one that allows what the state has.
// Null: there is none.
func readCORS(ctx context.Context, store blob.Store, base workspace.BaseURI, state types.Object, written storedCORSRule) (types.Object, error) {
	none := types.ObjectNull(corsRuleTypes)
	bucket, ok := store.(blob.CORSConfigurer)
	if !ok {
		return none, nil
	}
	config, err := bucket.CORS(ctx)
	if err != nil {
		return none, err
	}
	wanted, diags := corsRule(ctx, state, base)
	if diags.HasError() {
		return none, errors.New(diags.Errors()[0].Detail())
	}
	rule, found := config.Serving(wanted, written.rule())
	if !found {
		return none, nil
	}
	return corsRuleObject(rule), nil
}
