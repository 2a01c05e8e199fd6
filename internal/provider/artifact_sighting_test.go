package provider

import (
	"context"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
)

// private is a private state in memory.
type private map[string][]byte

func (p private) GetKey(_ context.Context, key string) ([]byte, diag.Diagnostics) { return p[key], nil }

func (p private) SetKey(_ context.Context, key string, value []byte) diag.Diagnostics {
	p[key] = value
	return nil
}

func TestSighting(t *testing.T) {
	artifact, err := schemes.All.ParseArtifactURI("s3://acme/artifacts/namespaces/default/job.jar")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	owner := ownership{ID: "id", Token: "ours"}
	ours, theirs := &blob.Attrs{Owner: "ours"}, &blob.Attrs{Owner: "theirs"}
	listed := func(modified time.Time) blob.Info { return blob.Info{Size: 5, ETag: "etag", ModTime: modified} }
	for _, test := range []struct {
		name   string
		seen   []blob.Info // one after the other
		listed blob.Info
		want   bool
	}{
		{"nothing was seen", nil, listed(at), false},
		{"nothing was seen, and the listing has no times", nil, blob.Info{Size: 5, ETag: "etag"}, false},
		{"the listing has no times", []blob.Info{{Written: at, Attrs: ours}}, blob.Info{Size: 5, ETag: "etag"}, false},
		{"read", []blob.Info{{ModTime: at, Attrs: ours}}, listed(at), true},
		{"listings have fractions", []blob.Info{{ModTime: at, Attrs: ours}}, listed(at.Add(999 * time.Millisecond)), true},
		{"later", []blob.Info{{ModTime: at, Attrs: ours}}, listed(at.Add(time.Second)), false},
		{"an older version is back", []blob.Info{{ModTime: at, Attrs: ours}}, listed(at.Add(-time.Second)), false},
		{"another length", []blob.Info{{ModTime: at, Attrs: ours}}, blob.Info{Size: 6, ETag: "etag", ModTime: at}, false},
		{"another tag", []blob.Info{{ModTime: at, Attrs: ours}}, blob.Info{Size: 5, ETag: "other", ModTime: at}, false},
		{"written", []blob.Info{{Written: at, Attrs: ours}}, listed(at), true},
		{"an upload that began long before", []blob.Info{{Written: at, Attrs: ours}}, listed(at.Add(-time.Hour)), true},
		{"a clock that is read once a second", []blob.Info{{Written: at, Attrs: ours}}, listed(at.Add(1999 * time.Millisecond)), true},
		{"after it was written", []blob.Info{{Written: at, Attrs: ours}}, listed(at.Add(2 * time.Second)), false},
		{"read after it was written", []blob.Info{{Written: at, Attrs: ours}, {ModTime: at, Attrs: ours}}, listed(at.Add(time.Second)), false},
		{"written after it was read", []blob.Info{{ModTime: at, Attrs: ours}, {Written: at.Add(time.Hour), Attrs: ours}}, listed(at.Add(time.Hour)), true},
		{"nothing was read since", []blob.Info{{ModTime: at, Attrs: ours}, {}}, listed(at), true},
		{"written at a time that nobody told", []blob.Info{{Written: at, Attrs: ours}, {Attrs: ours}}, listed(at), false},
		{"without a token", []blob.Info{{ModTime: at, Attrs: &blob.Attrs{}}}, listed(at), true},
		{"taken over", []blob.Info{{ModTime: at, Attrs: theirs}}, listed(at), false},
		{"taken over after it was read", []blob.Info{{ModTime: at, Attrs: ours}, {ModTime: at, Attrs: theirs}}, listed(at), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			kept := private{}
			for _, info := range test.seen {
				if diags := writeSighting(t.Context(), kept, artifact, owner, info); diags.HasError() {
					t.Fatal(diags)
				}
			}
			var diags diag.Diagnostics
			seen := sightingKey.read(t.Context(), kept, &diags)
			if diags.HasError() {
				t.Fatal(diags)
			}
			state := artifactModel{ETag: types.StringValue("etag"), Size: types.Int64Value(5)}
			if got := seen.isSeen(state, test.listed); got != test.want {
				t.Errorf("%+v: %v, want %v", seen, got, test.want)
			}
		})
	}
	t.Run("a file is looked at each time", func(t *testing.T) {
		file, err := schemes.All.ParseArtifactURI("file:///srv/artifacts/namespaces/default/job.jar")
		if err != nil {
			t.Fatal(err)
		}
		kept := private{}
		if diags := writeSighting(t.Context(), kept, file, owner, blob.Info{ModTime: at}); diags.HasError() || len(kept) != 0 {
			t.Errorf("%v, %v", diags, kept)
		}
	})
}

// listedStore is a store that can do nothing but list the same objects each time.
type listedStore struct {
	blob.Store
	page blob.Page
}

func (s *listedStore) List(context.Context, blob.Query) (blob.Page, error) { return s.page, nil }

// The time that a write could not report, the first listing reports. After that neither an older nor a later one will do.
func TestSightingBecomesExact(t *testing.T) {
	artifact, err := schemes.All.ParseArtifactURI("s3://acme/artifacts/namespaces/default/job.jar")
	if err != nil {
		t.Fatal(err)
	}
	answered := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	modified := answered.Add(-time.Minute) // the answer was dated by a clock that is ahead
	state := artifactModel{ETag: types.StringValue("etag"), Size: types.Int64Value(5)}
	owner, ours := ownership{ID: "id", Token: "ours"}, &blob.Attrs{Owner: "ours"}
	kept := private{}
	if diags := writeSighting(t.Context(), kept, artifact, owner, blob.Info{Written: answered, Attrs: ours}); diags.HasError() {
		t.Fatal(diags)
	}
	for _, test := range []struct {
		name     string
		modified time.Time
		want     bool
	}{
		{"the first listing", modified, true},
		{"the same again", modified, true},
		{"an older version is back", modified.Add(-time.Second), false},
		{"later, and before the answer's date", modified.Add(time.Second), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			store := &listedStore{page: blob.Page{Infos: []blob.Info{{Key: artifact.Key(), Size: 5, ETag: "etag", ModTime: test.modified}}}}
			r := &artifactResource{&configured{}}
			for range 8 { // which are left to HEADs
				r.configured.walk.listings.Lookup(t.Context(), store, artifact.Key())
			}
			got, diags := r.unchanged(t.Context(), kept, store, artifact, state)
			if got != test.want || diags.HasError() {
				t.Errorf("unchanged: %t, want %t; %v", got, test.want, diags)
			}
		})
	}
}
