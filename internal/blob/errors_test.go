package blob_test

import (
	"errors"
	"io/fs"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

func TestErrorText(t *testing.T) {
	for want, err := range map[string]*blob.Error{
		"PutObject s3://b/k at https://e: AccessDenied: no (request 42)": {
			Op: "PutObject", URI: "s3://b/k", Endpoint: "https://e", Code: "AccessDenied", Message: "no", RequestID: "42", Err: fs.ErrPermission,
		},
		"PutObject s3://b/k: AccessDenied":     {Op: "PutObject", URI: "s3://b/k", Code: "AccessDenied", Err: fs.ErrPermission},
		"write file:///d/k: disk full":         {Op: "write", URI: "file:///d/k", Message: "disk full", Err: fs.ErrPermission},
		"write file:///d/k: permission denied": {Op: "write", URI: "file:///d/k", Err: fs.ErrPermission},
		"write file:///d/k: full (request 1)":  {Op: "write", URI: "file:///d/k", Message: "full", RequestID: "1", Err: fs.ErrPermission},
	} {
		if got := err.Error(); got != want {
			t.Errorf("%q; want %q", got, want)
		}
		if !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%v is not its sentinel", err)
		}
	}
}
