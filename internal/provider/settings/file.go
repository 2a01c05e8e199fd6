package settings

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/fileblob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
)

// readFile has nothing to read: its URI says all of a directory.
func readFile(context.Context, types.Object, objectstore.Common) (opener, diag.Diagnostics) {
	return func(directory string) blob.Store { return fileblob.New(directory) }, nil
}
