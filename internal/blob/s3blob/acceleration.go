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
	conn, err := s.connect(ctx)
	if err != nil {
		return false, s.fail(operation, "", blob.Cond{}, err)
	}
	out, err := conn.client.GetBucketAccelerateConfiguration(ctx, &s3.GetBucketAccelerateConfigurationInput{Bucket: &s.bucket})
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
	conn, err := s.connect(ctx)
	if err != nil {
		return s.fail(operation, "", blob.Cond{}, err)
	}
	status := types.BucketAccelerateStatusSuspended
	if on {
		if err := s.checkAcceleratedName(operation, ""); err != nil {
			return err
		}
		status = types.BucketAccelerateStatusEnabled
	}
	_, err = conn.client.PutBucketAccelerateConfiguration(ctx, &s3.PutBucketAccelerateConfigurationInput{
		Bucket:                  &s.bucket,
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
	err = s.fail(operation, "", blob.Cond{}, err)
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

// accelerationVerdict says what an InvalidRequest is that S3 gives for the acceleration; ok is false for any other.
func accelerationVerdict(code, message string) (meaning verdict, ok bool) {
	if code != "InvalidRequest" || !strings.Contains(message, "Transfer Acceleration") {
		return verdict{}, false
	}
	for _, off := range accelerationMessages {
		if strings.Contains(message, off) {
			return verdict{err: blob.ErrNotAccelerated}, true
		}
	}
	return verdict{errors.ErrUnsupported, "This bucket cannot be accelerated: use another one, or leave the acceleration off."}, true
}

// checkAcceleratedName refuses a name with a dot: the accelerated endpoint has the bucket in its host name, and a certificate for one
// label (PutBucketAccelerateConfiguration in the API reference: "must not contain periods").
func (s *Store) checkAcceleratedName(operation, key string) error {
	if !strings.Contains(s.bucket, ".") {
		return nil
	}
	return &blob.Error{
		Op: operation, URI: "s3://" + s.bucket + "/" + key, Err: errors.ErrUnsupported,
		Message: "a bucket with a dot in its name cannot be accelerated",
		Advice:  "Use a bucket without dots in its name, or leave the acceleration off.",
	}
}

// accelerated is how requests reach the accelerated endpoint.
type accelerated struct {
	origin    string // scheme and host, for messages
	signParts bool
	address   func(*s3.Options) // an option of one call
}

// acceleratedEndpoint finds the accelerated endpoint, and asks nobody. operation and key are what it is for.
func (s *Store) acceleratedEndpoint(ctx context.Context, conn *connection, operation, key string) (accelerated, error) {
	if err := s.checkAcceleratedName(operation, key); err != nil {
		return accelerated{}, err
	}
	base := s.config.AccelerateEndpoint
	if base == "" && conn.endpoint != "" {
		return accelerated{}, &blob.Error{
			Op: operation, URI: "s3://" + s.bucket + "/" + key, Endpoint: conn.endpoint, Err: errors.ErrUnsupported,
			Message: "no accelerated endpoint is known for this store",
			Advice:  "Set accelerate_endpoint in the provider's s3 block if the store has one, or send without acceleration.",
		}
	}
	if base != "" {
		pathStyle := conn.pathStyle && !isAWS(base) // AWS serves virtual hosts alone there
		at := accelerated{origin: wire.Origin(base), signParts: signParts(base), address: func(o *s3.Options) {
			o.BaseEndpoint, o.UsePathStyle = aws.String(base), pathStyle
		}}
		if !pathStyle {
			at.origin = strings.Replace(at.origin, "://", "://"+s.bucket+".", 1)
		}
		return at, nil
	}
	// The SDK knows the partitions that have it, and the names for dual stack.
	options := conn.client.Options()
	resolved, err := s3.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, s3.EndpointParameters{
		Bucket: &s.bucket, Region: aws.String(conn.region), Accelerate: aws.Bool(true),
		UseFIPS:      aws.Bool(options.EndpointOptions.UseFIPSEndpoint == aws.FIPSEndpointStateEnabled),
		UseDualStack: aws.Bool(options.EndpointOptions.UseDualStackEndpoint == aws.DualStackEndpointStateEnabled),
	}.WithDefaults())
	if err != nil {
		return accelerated{}, &blob.Error{
			Op: operation, URI: "s3://" + s.bucket + "/" + key, Err: errors.ErrUnsupported,
			Message: fmt.Sprintf("there is no accelerated endpoint for region %q: %s", conn.region, err),
			Advice:  "Send without acceleration, or use a bucket in a region that has it.",
		}
	}
	return accelerated{origin: wire.Origin(resolved.URI.String()), address: func(o *s3.Options) {
		o.BaseEndpoint, o.UsePathStyle, o.UseAccelerate = nil, false, true
	}}, nil
}

// failure is a failure of a request to the accelerated endpoint.
func (a accelerated) failure(err error) error {
	var failure *blob.Error
	if errors.As(err, &failure) {
		failure.Endpoint = a.origin
	}
	return err
}

// AccelerationEndpoint asks nothing.
func (s *Store) AccelerationEndpoint(ctx context.Context) (string, error) {
	const operation = "AccelerationEndpoint"
	conn, err := s.connect(ctx)
	if err != nil {
		return "", s.fail(operation, "", blob.Cond{}, err)
	}
	at, err := s.acceleratedEndpoint(ctx, conn, operation, "")
	return at.origin, err
}

// TryAcceleration lists one key: S3 serves all operations at the accelerated endpoint but those on the bucket as a whole (User Guide,
// "Transfer Acceleration"), and a GET has a body that says why it was refused, which a HEAD has not.
func (s *Store) TryAcceleration(ctx context.Context) error {
	const operation = "ListObjectsV2"
	conn, err := s.connect(ctx)
	if err != nil {
		return s.fail(operation, "", blob.Cond{}, err)
	}
	at, err := s.acceleratedEndpoint(ctx, conn, operation, "")
	if err != nil {
		return err
	}
	_, err = conn.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &s.bucket, MaxKeys: aws.Int32(1)}, at.address)
	if err != nil {
		return at.failure(s.fail(operation, "", blob.Cond{}, err))
	}
	return nil
}
