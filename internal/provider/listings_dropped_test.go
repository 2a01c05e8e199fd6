package provider

import (
	"context"
	"crypto/sha256"
	"errors"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// failingStore lists, and counts the listings of one directory; all else fails.
type failingStore struct {
	blob.Store
	directory string
	lists     int
}

var errOfStore = errors.New("the store fails")

func (s *failingStore) List(_ context.Context, q blob.Query) (blob.Page, error) {
	if q.Prefix != s.directory {
		return blob.Page{}, errOfStore
	}
	s.lists++
	return blob.Page{Infos: []blob.Info{{Key: s.directory + "other.jar"}}}, nil
}

func (s *failingStore) Head(context.Context, string) (blob.Info, error) {
	return blob.Info{}, errOfStore
}

func (s *failingStore) Stage(context.Context, string, blob.WriteOptions) (blob.Stage, error) {
	return nil, errOfStore
}

// Whatever this process writes, no listing from before it is used any more: not even if the write fails, as it may have been done all the same.
func TestWritesDropListings(t *testing.T) {
	base, err := schemes.All.ParseBaseURI("s3://acme")
	if err != nil {
		t.Fatal(err)
	}
	// attributes of every resource here, as far as its schema has them
	known := map[string]tftypes.Value{
		"base_uri": tftypes.NewValue(tftypes.String, "s3://acme"), "namespace": tftypes.NewValue(tftypes.String, "team"),
		"filename": tftypes.NewValue(tftypes.String, "job.jar"), "content": tftypes.NewValue(tftypes.String, "INSERT"),
		"content_sha256": tftypes.NewValue(tftypes.String, blob.Hash(sha256.Sum256([]byte("INSERT"))).String()),
		"uri":            tftypes.NewValue(tftypes.String, "s3://acme/artifacts/namespaces/team/job.jar"),
	}
	artifacts := func(c *configured) resource.Resource { return &artifactResource{c} }
	workspaces := func(c *configured) resource.Resource { return &workspaceStorageResource{c} }
	for name, test := range map[string]struct {
		of    func(*configured) resource.Resource
		write func(r resource.Resource, schema resource.SchemaResponse, raw tftypes.Value)
	}{
		"a create":    {artifacts, creates},
		"an update":   {artifacts, updates},
		"a delete":    {artifacts, deletes},
		"a workspace": {workspaces, creates},
		// The directories of another one may be removed.
		"a workspace's update": {workspaces, updates},
		"a workspace's delete": {workspaces, deletes},
	} {
		t.Run(name, func(t *testing.T) {
			store := &failingStore{directory: "artifacts/namespaces/team/"}
			c := &configured{stores: &stores{opened: map[workspace.BaseURI]blob.Store{{Backend: base.Backend, Bucket: base.Bucket}: store}}}
			look := func() { c.walk.listings.Lookup(t.Context(), store, store.directory+"other.jar") }
			for range 20 {
				look()
			}
			if store.lists != 1 {
				t.Fatalf("%d listings", store.lists)
			}
			r := test.of(c)
			var schema resource.SchemaResponse
			r.Schema(t.Context(), resource.SchemaRequest{}, &schema)
			object := schema.Schema.Type().TerraformType(t.Context()).(tftypes.Object) //nolint:forcetypeassert // a schema is an object
			values := map[string]tftypes.Value{}
			for attribute, of := range object.AttributeTypes {
				values[attribute] = tftypes.NewValue(of, nil)
				if value, ok := known[attribute]; ok {
					values[attribute] = value
				}
			}
			test.write(r, schema, tftypes.NewValue(object, values))
			if look(); store.lists != 2 {
				t.Errorf("%d listings: the one from before was used", store.lists)
			}
		})
	}
}

// What comes of it is of no interest: the store fails, and a private state cannot be made outside of the framework.

func creates(r resource.Resource, schema resource.SchemaResponse, raw tftypes.Value) {
	resp := resource.CreateResponse{State: tfsdk.State{Schema: schema.Schema}}
	r.Create(context.Background(), resource.CreateRequest{
		Config: tfsdk.Config{Schema: schema.Schema, Raw: raw}, Plan: tfsdk.Plan{Schema: schema.Schema, Raw: raw},
	}, &resp)
}

func updates(r resource.Resource, schema resource.SchemaResponse, raw tftypes.Value) {
	resp := resource.UpdateResponse{State: tfsdk.State{Schema: schema.Schema}}
	r.Update(context.Background(), resource.UpdateRequest{
		Config: tfsdk.Config{Schema: schema.Schema, Raw: raw}, Plan: tfsdk.Plan{Schema: schema.Schema, Raw: raw},
		State: tfsdk.State{Schema: schema.Schema, Raw: raw},
	}, &resp)
}

func deletes(r resource.Resource, schema resource.SchemaResponse, raw tftypes.Value) {
	var resp resource.DeleteResponse
	r.Delete(context.Background(), resource.DeleteRequest{State: tfsdk.State{Schema: schema.Schema, Raw: raw}}, &resp)
}
