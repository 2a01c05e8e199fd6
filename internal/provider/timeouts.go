package provider

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// How long an operation may take where the timeouts block does not say.
const (
	transferTimeout = 2 * time.Hour    // a create or an update of an artifact may send bytes
	readTimeout     = 30 * time.Minute // a refresh of an artifact may have to read an object that another client wrote
	deleteTimeout   = 10 * time.Minute // of an artifact
	storageTimeout  = 10 * time.Minute // any operation of the resources that move no data
	// accelerationTimeout is for an operation with a wait: the clouds say up to 30 minutes (PutBucketTransferAcceleration of OSS and PutBucketAccelerateConfiguration of S3, in their API references).
	accelerationTimeout = 35 * time.Minute
)

// within ends a context when the time of an operation is over: the one that granted reads from the timeouts block, else the usual one.
func within(ctx context.Context, diags *diag.Diagnostics, granted func(context.Context, time.Duration) (time.Duration, diag.Diagnostics), usual time.Duration) (context.Context, context.CancelFunc) {
	timeout, more := granted(ctx, usual)
	diags.Append(more...)
	return context.WithTimeout(ctx, timeout)
}
