package provider

import (
	"context"
	"encoding/json"
	"reflect"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// privateKey is an entry of the private state, which Terraform keeps beside a resource's attributes and does not show.
// Its value is a T in JSON.
type privateKey[T any] string

// The entries of the private state.
// Users' states have them: no key and no format ever changes.
//
//	key                 resource                written by                       read by
//	ownership           all                     create, update of an artifact,   plan, refresh, update, delete
//	                                            refresh after an import
//	replacement         flink_artifact          plan                             plan of the same replacement's second pass, delete
//	sighting            flink_artifact          create, update, refresh          refresh
//	download            flink_artifact          create and update that have      plan
//	                                            read a remote source
//	cors_rule           flink_workspace_storage create, update                   refresh, update, delete
//	found_acceleration  flink_transfer_         create, refresh after an import  plan, delete
//	                    acceleration
//
// Terraform passes no private state to the plan and the delete of a tainted resource, and none to a create.
// A replacement is planned twice, without the prior state the second time, but with the private state that the first plan has returned.
// What a plan writes reaches the delete of a replacement too.
const (
	ownershipKey         privateKey[ownership]         = "ownership"
	replacementKey       privateKey[replacement]       = "replacement"
	sightingKey          privateKey[sighting]          = "sighting"
	downloadKey          privateKey[download]          = "download"
	corsRuleKey          privateKey[storedCORSRule]    = "cors_rule"
	foundAccelerationKey privateKey[foundAcceleration] = "found_acceleration"
)

// ownership is which resource this is, and which object it owns.
// Of resources other than artifacts only the ID is used.
type ownership struct {
	// ID tells this resource from every other one.
	// Each create and each import makes a new one.
	// "": the resource is new, or tainted.
	ID string `json:"id"`
	// Token is what the object carries in its metadata.
	// After an import it is the one that was found there.
	Token string `json:"token"`
	// Owned is false for an object that existed before with the same bytes, written by another client.
	Owned bool `json:"owned"`
	// Stamped reports whether this resource wrote the token, so that no other one can have the same.
	Stamped bool `json:"stamped"`
}

// replacement is what a plan hands to the delete of the object that it replaces.
type replacement struct {
	// Unproven reports whether the plan could not verify what will come in the object's place.
	Unproven bool `json:"unproven"`
	// Source and SHA256 are the path and the planned hash of the local file that will come in the object's place, so that the delete can look once more.
	// "": it is no such file, or nothing is replaced.
	Source string `json:"source,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
	// Foreign are the locations that another resource has taken over, sorted.
	// It is filled for a resource without private state alone: Terraform keeps that of a tainted one from its plan and its delete.
	Foreign []string `json:"foreign,omitempty"`
}

// sighting is when the object was last as the state has it, attributes and owner included, by the store's clock in Unix seconds.
// A listing has no attributes, but on S3, OSS and MinIO a change of them makes a new modification time, in whole seconds.
type sighting struct {
	// Modified is the object's modification time; 0: not known, as the answer to a write does not have it.
	Modified int64 `json:"modified,omitempty"`
	// Written is when that write was answered; 0: not known.
	Written int64 `json:"written,omitempty"`
}

// download is the last reading of a remote source: how its server described it, and the bytes that came.
type download struct {
	// Source is the SHA-256 of the URL, in hexadecimal digits: what is in a URL's query is not written down once more.
	Source       string `json:"source"`
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"last_modified,omitempty"`
	Length       int64  `json:"length"` // in bytes, as the server reported; -1: it did not
	Size         int64  `json:"size"`   // bytes that came
	SHA256       string `json:"sha256"`
}

// storedCORSRule is our CORS rule as it was last written.
// It is empty where no rule is ours, or the rule's ID says that it is ours.
type storedCORSRule struct {
	AllowedOrigins []string `json:"allowed_origins,omitempty"`
	AllowedMethods []string `json:"allowed_methods,omitempty"`
	AllowedHeaders []string `json:"allowed_headers,omitempty"`
	ExposeHeaders  []string `json:"expose_headers,omitempty"`
	MaxAgeSeconds  *int32   `json:"max_age_seconds,omitempty"`
}

// rule is nil for an empty one.
func (s storedCORSRule) rule() *blob.CORSRule {
	if len(s.AllowedOrigins) == 0 {
		return nil
	}
	return &blob.CORSRule{
		AllowedOrigins: s.AllowedOrigins, AllowedMethods: s.AllowedMethods, AllowedHeaders: s.AllowedHeaders,
		ExposeHeaders: s.ExposeHeaders, MaxAgeSeconds: s.MaxAgeSeconds,
	}
}

// stored is the way back from storedCORSRule.rule.
func stored(rule *blob.CORSRule) storedCORSRule {
	if rule == nil {
		return storedCORSRule{}
	}
	return storedCORSRule{rule.AllowedOrigins, rule.AllowedMethods, rule.AllowedHeaders, rule.ExposeHeaders, rule.MaxAgeSeconds}
}

// foundAcceleration is what a destroy puts back.
// Without an entry the acceleration counts as off.
type foundAcceleration struct {
	Bucket  string `json:"bucket"` // as bucketURI has it; "": there is no entry
	Enabled bool   `json:"enabled"`
}

// privateReader and privateWriter are the framework's private state, whose type cannot be named outside of it.
type (
	privateReader interface {
		GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
	}
	privateWriter interface {
		SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
	}
	// privateState is that of a refresh, which keeps what is set in it.
	privateState interface {
		privateReader
		privateWriter
	}
)

// read returns the zero value where there is no such entry.
func (k privateKey[T]) read(ctx context.Context, private privateReader, diags *diag.Diagnostics) (value T) {
	text, more := private.GetKey(ctx, string(k))
	diags.Append(more...)
	if len(text) == 0 || more.HasError() {
		return value
	}
	if err := json.Unmarshal(text, &value); err != nil {
		diags.Append(damagedState("the resource's private data", err))
	}
	return value
}

func (k privateKey[T]) write(ctx context.Context, private privateWriter, value T) diag.Diagnostics {
	text, err := json.Marshal(value)
	if err != nil {
		return diag.Diagnostics{ownBug("Writing the resource's private data", err)}
	}
	return private.SetKey(ctx, string(k), text)
}

// replace writes a value in the place of another one, and nothing if they are the same: an entry that there was not would be a change of the state.
func (k privateKey[T]) replace(ctx context.Context, private privateWriter, before, value T) diag.Diagnostics {
	if reflect.DeepEqual(before, value) {
		return nil
	}
	return k.write(ctx, private, value)
}
