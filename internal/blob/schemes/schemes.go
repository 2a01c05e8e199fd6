// Package schemes is the table of all kinds of stores: what their URIs look like, and what they can do.
package schemes

import (
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/fileblob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/ossblob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/s3blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// table has a row for each kind of store, in the order of the documentation. The second column is a nil pointer of its type: it tells what
// the store can do before one is opened. Flink and Ververica Platform know S3 by four names, one for each of their file systems.
var table = []struct {
	workspace.Backend
	store blob.Store
}{
	{
		workspace.Backend{Name: "oss", Title: "OSS", Schemes: []string{"oss"}, Form: "oss://bucket/prefix", CheckBucket: ossblob.CheckBucket, MaxKey: ossblob.MaxKey},
		(*ossblob.Store)(nil),
	},
	{
		workspace.Backend{Name: "s3", Title: "S3", Schemes: []string{"s3", "s3i", "s3a", "s3p"}, Form: "s3://bucket/prefix", CORSRuleIDs: true},
		(*s3blob.Store)(nil),
	},
	{
		workspace.Backend{Name: "file", Title: "Local files", Schemes: []string{"file"}, Form: "file:///dir", Authority: workspace.NoAuthority, Local: true, SilentAttrs: true},
		(*fileblob.Store)(nil),
	},
}

// All has the backends in the order of the table.
var All = func() (all workspace.Backends) {
	for i := range table {
		all = append(all, &table[i].Backend)
	}
	return all
}()

// With are the names of the backends that have a capability, such as blob.CORSConfigurer.
func With[Capability any]() []string {
	var names []string
	for _, row := range table {
		if _, ok := row.store.(Capability); ok {
			names = append(names, row.Name)
		}
	}
	return names
}
