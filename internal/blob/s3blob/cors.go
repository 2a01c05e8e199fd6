package s3blob

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// CORS sends one GetBucketCors.
func (s *Store) CORS(ctx context.Context) (blob.CORSConfig, error) {
	const operation = "GetBucketCors"
	d, err := s.lazy.Get(ctx)
	var out *s3.GetBucketCorsOutput
	if err == nil {
		out, err = d.client.GetBucketCors(ctx, &s3.GetBucketCorsInput{Bucket: &d.bucket})
	}
	if err != nil {
		var failure *blob.Error
		err = s.corsFailure(operation, err)
		if errors.As(err, &failure) && failure.Code == "NoSuchCORSConfiguration" {
			return blob.CORSConfig{}, nil
		}
		return blob.CORSConfig{}, err
	}
	var config blob.CORSConfig
	for _, rule := range out.CORSRules {
		config.Rules = append(config.Rules, blob.CORSRule{
			ID:             aws.ToString(rule.ID),
			AllowedOrigins: rule.AllowedOrigins,
			AllowedMethods: rule.AllowedMethods,
			AllowedHeaders: rule.AllowedHeaders,
			ExposeHeaders:  rule.ExposeHeaders,
			MaxAgeSeconds:  rule.MaxAgeSeconds,
		})
	}
	return config, nil
}

// SetCORS sends one PutBucketCors or DeleteBucketCors, and never repeats it: it says what all rules are to be, so that a repetition would undo
// what somebody else has written since.
func (s *Store) SetCORS(ctx context.Context, config blob.CORSConfig) error {
	operation := "PutBucketCors"
	if len(config.Rules) == 0 {
		operation = "DeleteBucketCors"
	}
	d, err := s.lazy.Get(ctx)
	if err != nil {
		return s.Fail(operation, "", err)
	}
	if len(config.Rules) == 0 {
		_, err := d.client.DeleteBucketCors(ctx, &s3.DeleteBucketCorsInput{Bucket: &d.bucket}, once)
		return s.corsFailure(operation, err)
	}
	var rules []types.CORSRule
	for _, rule := range config.Rules {
		rules = append(rules, types.CORSRule{
			ID:             optional(rule.ID),
			AllowedOrigins: rule.AllowedOrigins,
			AllowedMethods: rule.AllowedMethods,
			AllowedHeaders: rule.AllowedHeaders,
			ExposeHeaders:  rule.ExposeHeaders,
			MaxAgeSeconds:  rule.MaxAgeSeconds,
		})
	}
	_, err = d.client.PutBucketCors(ctx, &s3.PutBucketCorsInput{
		Bucket:            &d.bucket,
		CORSConfiguration: &types.CORSConfiguration{CORSRules: rules},
	}, once)
	return s.corsFailure(operation, err)
}

func (s *Store) corsFailure(operation string, err error) error {
	err = s.Fail(operation, "", err)
	var failure *blob.Error
	if !errors.As(err, &failure) {
		return err
	}
	if conflicts[failure.Code] {
		failure.Err, failure.Advice = blob.ErrUnreachable, "Something else changes the bucket's configuration at this moment, or the store is throttling requests: try again later."
	}
	if errors.Is(err, errors.ErrUnsupported) {
		failure.Advice = "This store keeps no CORS rules for a bucket (MinIO, for one, has them for the whole server): leave cors_rule out, and set them at the server."
	}
	return err
}

// conflicts are the codes by which S3 and other stores say that a change of a bucket's configuration may be tried again: it met another one, or was
// one too many (retry.DefaultThrottleErrorCodes of the SDK).
var conflicts = map[string]bool{
	"OperationAborted": true, "Conflict": true, "ConflictException": true, "Throttling": true, "ThrottlingException": true, "ThrottledException": true,
	"RequestThrottled": true, "RequestThrottledException": true, "RequestLimitExceeded": true, "TooManyRequestsException": true, "BandwidthLimitExceeded": true,
}
