package s3blob

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// Acceleration sends one GetBucketAccelerateConfiguration. The answer names no state where none was ever set (API reference).
func (s *Store) Acceleration(ctx context.Context) (bool, error) {
	const operation = "GetBucketAccelerateConfiguration"
	d, err := s.lazy.Get(ctx)
	var out *s3.GetBucketAccelerateConfigurationOutput
	if err == nil {
		out, err = d.client.GetBucketAccelerateConfiguration(ctx, &s3.GetBucketAccelerateConfigurationInput{Bucket: &d.bucket})
	}
	if err != nil {
		err = s.accelerationFailure(operation, err)
		if errors.Is(err, errors.ErrUnsupported) {
			return false, nil
		}
		return false, err
	}
	return out.Status == types.BucketAccelerateStatusEnabled, nil
}

// SetAcceleration sends one PutBucketAccelerateConfiguration. What was set once is never unset again: off is Suspended.
func (s *Store) SetAcceleration(ctx context.Context, on bool) error {
	const operation = "PutBucketAccelerateConfiguration"
	d, err := s.lazy.Get(ctx)
	if err != nil {
		return s.Fail(operation, "", err)
	}
	status := types.BucketAccelerateStatusSuspended
	if on {
		if err := d.checkAcceleratedName(); err != nil {
			return s.Fail(operation, "", err)
		}
		status = types.BucketAccelerateStatusEnabled
	}
	_, err = d.client.PutBucketAccelerateConfiguration(ctx, &s3.PutBucketAccelerateConfigurationInput{
		Bucket:                  &d.bucket,
		AccelerateConfiguration: &types.AccelerateConfiguration{Status: status},
	})
	if err == nil {
		return nil
	}
	err = s.accelerationFailure(operation, err)
	if !on && errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

// accelerationFailure knows how regions and stores without acceleration say so: 405 MethodNotAllowed in eu-north-1 at its time and in
// eu-south-2, 400 UnsupportedArgument in GovCloud and China (hashicorp/terraform-provider-aws#6853 and #11556), 501 in other stores.
func (s *Store) accelerationFailure(operation string, err error) error {
	err = s.Fail(operation, "", err)
	var failure *blob.Error
	if !errors.As(err, &failure) {
		return err
	}
	if failure.Code == "UnsupportedArgument" {
		failure.Err = errors.ErrUnsupported
	}
	if errors.Is(failure.Err, errors.ErrUnsupported) {
		failure.Advice = "This store, or this region of it, has no transfer acceleration: leave it off, or use a bucket in a region that has it."
	}
	return err
}

// accelerationMessages are what S3 says to a request at the accelerated endpoint, all of them with the code InvalidRequest (API reference,
// "Error responses"). Any other one about the acceleration means that this bucket cannot have it.
var accelerationMessages = []string{"is not configured on this bucket", "is disabled on this bucket"}

// accelerationMeaning is that of an InvalidRequest which S3 gives for the acceleration; zero for any other.
func accelerationMeaning(message string) wire.Meaning {
	if !strings.Contains(message, "Transfer Acceleration") {
		return wire.Meaning{}
	}
	for _, off := range accelerationMessages {
		if strings.Contains(message, off) {
			return wire.Meaning{Err: blob.ErrNotAccelerated}
		}
	}
	return wire.Meaning{Err: errors.ErrUnsupported, Advice: "This bucket cannot be accelerated: use another one, or leave the acceleration off."}
}

// checkAcceleratedName refuses a name with a dot: the accelerated endpoint has the bucket in its host name, and a certificate for one
// label (PutBucketAccelerateConfiguration in the API reference: "must not contain periods").
func (d *driver) checkAcceleratedName() error {
	if !strings.Contains(d.bucket, ".") {
		return nil
	}
	return unsupported("Use a bucket without dots in its name, or leave the acceleration off.", "a bucket with a dot in its name cannot be accelerated")
}

func unsupported(advice, format string, args ...any) error {
	return &wire.ExplainedError{Message: fmt.Sprintf(format, args...), Meaning: wire.Meaning{Err: errors.ErrUnsupported, Advice: advice}}
}

// accelerated is how requests reach the accelerated endpoint.
type accelerated struct {
	origin    string // scheme and host, for messages
	signParts bool
	address   func(*s3.Options) // an option of one call
}

// acceleratedEndpoint finds the accelerated endpoint, and sends nothing.
func (d *driver) acceleratedEndpoint(ctx context.Context) (accelerated, error) {
	if err := d.checkAcceleratedName(); err != nil {
		return accelerated{}, err
	}
	base := d.config.AccelerateEndpoint
	if base == "" && d.endpoint != "" {
		return accelerated{}, unsupported("Set accelerate_endpoint in the provider's s3 block if the store has one, or send without acceleration.",
			"no accelerated endpoint is known for this store")
	}
	if base != "" {
		pathStyle := d.pathStyle && !isAWS(base) // AWS serves virtual hosts alone there
		at := accelerated{origin: wire.Origin(base), signParts: signParts(base), address: func(o *s3.Options) {
			o.BaseEndpoint, o.UsePathStyle = aws.String(base), pathStyle
		}}
		if !pathStyle {
			at.origin = strings.Replace(at.origin, "://", "://"+d.bucket+".", 1)
		}
		return at, nil
	}
	// The SDK knows the partitions that have it, and the names for dual stack.
	options := d.client.Options()
	resolved, err := s3.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, s3.EndpointParameters{
		Bucket: &d.bucket, Region: aws.String(d.region), Accelerate: aws.Bool(true),
		UseFIPS:      aws.Bool(options.EndpointOptions.UseFIPSEndpoint == aws.FIPSEndpointStateEnabled),
		UseDualStack: aws.Bool(options.EndpointOptions.UseDualStackEndpoint == aws.DualStackEndpointStateEnabled),
	}.WithDefaults())
	if err != nil {
		return accelerated{}, unsupported("Send without acceleration, or use a bucket in a region that has it.",
			"there is no accelerated endpoint for region %q: %s", d.region, err)
	}
	return accelerated{origin: wire.Origin(resolved.URI.String()), address: func(o *s3.Options) {
		o.BaseEndpoint, o.UsePathStyle, o.UseAccelerate = nil, false, true
	}}, nil
}

// AccelerationEndpoint sends nothing.
func (s *Store) AccelerationEndpoint(ctx context.Context) (string, error) {
	d, err := s.lazy.Get(ctx)
	var at accelerated
	if err == nil {
		at, err = d.acceleratedEndpoint(ctx)
	}
	return at.origin, s.Fail("AccelerationEndpoint", "", err)
}

// TryAcceleration lists one key: S3 serves all operations at the accelerated endpoint but those on the bucket as a whole (User Guide,
// "Transfer Acceleration"), and a GET has a body that says why it was refused, which a HEAD has not.
func (s *Store) TryAcceleration(ctx context.Context) error {
	d, err := s.lazy.Get(ctx)
	var at accelerated
	if err == nil {
		at, err = d.acceleratedEndpoint(ctx)
	}
	if err == nil {
		_, err = d.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &d.bucket, MaxKeys: aws.Int32(1)}, at.address)
		if err != nil {
			err = &wire.CallError{Endpoint: at.origin, Err: err}
		}
	}
	return s.Fail("ListObjectsV2", "", err)
}
