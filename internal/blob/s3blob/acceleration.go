package s3blob

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// notAccelerated is for regions and stores without acceleration: 405 MethodNotAllowed in eu-north-1 at its time and in eu-south-2, 400
// UnsupportedArgument in GovCloud and China (hashicorp/terraform-provider-aws#6853 and #11556), 501 in other stores.
const notAccelerated = "This store, or this region of it, has no transfer acceleration: leave it off, or use a bucket in a region that has it."

// Acceleration sends one GetBucketAccelerateConfiguration.
// The answer names no state where none was ever set (API reference).
func (s *Store) Acceleration(ctx context.Context) (on bool, err error) {
	err = s.send(ctx, "GetBucketAccelerateConfiguration", notAccelerated, func(d *driver) error {
		out, err := d.client.GetBucketAccelerateConfiguration(ctx, &s3.GetBucketAccelerateConfigurationInput{Bucket: &d.bucket})
		on = err == nil && out.Status == types.BucketAccelerateStatusEnabled
		return err
	})
	if errors.Is(err, errors.ErrUnsupported) {
		return false, nil
	}
	return on, err
}

// SetAcceleration sends one PutBucketAccelerateConfiguration.
// What was set once is never unset again: off is Suspended.
func (s *Store) SetAcceleration(ctx context.Context, on bool) error {
	err := s.send(ctx, "PutBucketAccelerateConfiguration", notAccelerated, func(d *driver) error {
		status := types.BucketAccelerateStatusSuspended
		if on {
			if err := d.checkAcceleratedName(); err != nil {
				return err
			}
			status = types.BucketAccelerateStatusEnabled
		}
		_, err := d.client.PutBucketAccelerateConfiguration(ctx, &s3.PutBucketAccelerateConfigurationInput{
			Bucket: &d.bucket, AccelerateConfiguration: &types.AccelerateConfiguration{Status: status},
		})
		return err
	})
	if !on && errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

const cannotAccelerate = "This bucket cannot be accelerated: use another one, or leave the acceleration off."

// accelerationMeaning is that of an InvalidRequest which S3 gives for the acceleration; zero for any other.
// S3 has that one code for all of it (API reference, "Error responses"): what does not say that it is off means that this bucket cannot have it.
func accelerationMeaning(message string) wire.Meaning {
	switch {
	case !strings.Contains(message, "Transfer Acceleration"):
		return wire.Meaning{}
	case strings.Contains(message, "is not configured on this bucket"), strings.Contains(message, "is disabled on this bucket"):
		return wire.Meaning{Err: blob.ErrNotAccelerated}
	}
	return wire.Meaning{Err: errors.ErrUnsupported, Advice: cannotAccelerate}
}

// checkAcceleratedName refuses a name with a dot: the accelerated endpoint has the bucket in its host name, and a certificate for one
// label (PutBucketAccelerateConfiguration in the API reference: "must not contain periods").
func (d *driver) checkAcceleratedName() error {
	if !strings.Contains(d.bucket, ".") {
		return nil
	}
	return wire.NewExplained(errors.ErrUnsupported, "Use a bucket without dots in its name, or leave the acceleration off.", "a bucket with a dot in its name cannot be accelerated")
}

// route is how the requests that carry an object's bytes reach the store.
type route struct {
	origin    string // scheme and host, for messages; "": those of all other requests
	signParts bool   // as in driver
	address   func(*s3.Options)
}

// failure is that of a request that took the route.
func (r route) failure(err error) error {
	if err == nil {
		return nil
	}
	return &wire.CallError{Endpoint: r.origin, Err: err}
}

// accelerated is the route to the accelerated endpoint.
// It sends nothing.
func (d *driver) accelerated(ctx context.Context) (route, error) {
	if err := d.checkAcceleratedName(); err != nil {
		return route{}, err
	}
	base, options := d.config.AccelerateEndpoint, d.client.Options()
	switch {
	case base != "":
		pathStyle := options.UsePathStyle && !isAWS(base) // AWS serves virtual hosts alone there
		at := route{wire.Origin(base), signParts(base), func(o *s3.Options) { o.BaseEndpoint, o.UsePathStyle = &base, pathStyle }}
		if !pathStyle {
			at.origin = strings.Replace(at.origin, "://", "://"+d.bucket+".", 1)
		}
		return at, nil
	case d.endpoint != "":
		return route{}, wire.NewExplained(errors.ErrUnsupported, "Set accelerate_endpoint in the provider's s3 block if the store has one, or send without acceleration.",
			"no accelerated endpoint is known for this store")
	}
	// The SDK knows the partitions that have it, and the names for dual stack.
	resolved, err := s3.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, s3.EndpointParameters{
		Bucket: &d.bucket, Region: &d.region, Accelerate: aws.Bool(true),
		UseFIPS:      aws.Bool(options.EndpointOptions.UseFIPSEndpoint == aws.FIPSEndpointStateEnabled),
		UseDualStack: aws.Bool(options.EndpointOptions.UseDualStackEndpoint == aws.DualStackEndpointStateEnabled),
	}.WithDefaults())
	if err != nil {
		return route{}, wire.NewExplained(errors.ErrUnsupported, "Send without acceleration, or use a bucket in a region that has it.",
			"there is no accelerated endpoint for region %q: %s", d.region, err)
	}
	return route{origin: wire.Origin(resolved.URI.String()), address: func(o *s3.Options) {
		o.BaseEndpoint, o.UsePathStyle, o.UseAccelerate = nil, false, true
	}}, nil
}

// AccelerationEndpoint sends nothing.
func (s *Store) AccelerationEndpoint(ctx context.Context) (origin string, err error) {
	err = s.send(ctx, "AccelerationEndpoint", "", func(d *driver) error {
		at, err := d.accelerated(ctx)
		origin = at.origin
		return err
	})
	return origin, err
}

// TryAcceleration lists one key: S3 serves all operations at the accelerated endpoint but those on the bucket as a whole (User Guide,
// "Transfer Acceleration"), and a GET has a body that says why it was refused, which a HEAD has not.
func (s *Store) TryAcceleration(ctx context.Context) error {
	return s.send(ctx, "ListObjectsV2", cannotAccelerate, func(d *driver) error {
		at, err := d.accelerated(ctx)
		if err == nil {
			_, err = d.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &d.bucket, MaxKeys: aws.Int32(1)}, at.address)
			err = at.failure(err)
		}
		return err
	})
}
