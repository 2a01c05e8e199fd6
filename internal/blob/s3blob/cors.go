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
	conn, err := s.connect(ctx)
	if err != nil {
		return blob.CORSConfig{}, s.fail(operation, "", blob.Cond{}, err)
	}
	out, err := conn.client.GetBucketCors(ctx, &s3.GetBucketCorsInput{Bucket: &s.bucket})
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

// SetCORS sends one PutBucketCors or DeleteBucketCors.
func (s *Store) SetCORS(ctx context.Context, config blob.CORSConfig) error {
	operation := "PutBucketCors"
	if len(config.Rules) == 0 {
		operation = "DeleteBucketCors"
	}
	conn, err := s.connect(ctx)
	if err != nil {
		return s.fail(operation, "", blob.Cond{}, err)
	}
	if len(config.Rules) == 0 {
		_, err := conn.client.DeleteBucketCors(ctx, &s3.DeleteBucketCorsInput{Bucket: &s.bucket})
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
	_, err = conn.client.PutBucketCors(ctx, &s3.PutBucketCorsInput{
		Bucket:            &s.bucket,
		CORSConfiguration: &types.CORSConfiguration{CORSRules: rules},
	})
	return s.corsFailure(operation, err)
}

func (s *Store) corsFailure(operation string, err error) error {
	err = s.fail(operation, "", blob.Cond{}, err)
	var failure *blob.Error
	if errors.Is(err, errors.ErrUnsupported) && errors.As(err, &failure) {
		failure.Advice = "This store keeps no CORS rules for a bucket (MinIO, for one, has them for the whole server): leave cors_rule out, and set them at the server."
	}
	return err
}
