package s3blob

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

const noRules = "This store keeps no CORS rules for a bucket (MinIO, for one, has them for the whole server): leave cors_rule out, and set them at the server."

// CORS sends one GetBucketCors.
func (s *Store) CORS(ctx context.Context) (rules blob.CORSConfig, err error) {
	err = s.send(ctx, "GetBucketCors", noRules, func(d *driver) error {
		out, err := d.client.GetBucketCors(ctx, &s3.GetBucketCorsInput{Bucket: &d.bucket})
		if err != nil {
			return err
		}
		for _, rule := range out.CORSRules {
			rules.Rules = append(rules.Rules, blob.CORSRule{
				ID: aws.ToString(rule.ID), AllowedOrigins: rule.AllowedOrigins, AllowedMethods: rule.AllowedMethods,
				AllowedHeaders: rule.AllowedHeaders, ExposeHeaders: rule.ExposeHeaders, MaxAgeSeconds: rule.MaxAgeSeconds,
			})
		}
		return nil
	})
	var failure *blob.Error
	if errors.As(err, &failure) && failure.Code == "NoSuchCORSConfiguration" {
		return rules, nil
	}
	return rules, err
}

// SetCORS sends one PutBucketCors or DeleteBucketCors, and never repeats it: it says what all rules are to be, so that a repetition would undo
// what somebody else has written since.
func (s *Store) SetCORS(ctx context.Context, config blob.CORSConfig) error {
	var rules []types.CORSRule
	for _, rule := range config.Rules {
		rules = append(rules, types.CORSRule{
			ID: optional(rule.ID), AllowedOrigins: rule.AllowedOrigins, AllowedMethods: rule.AllowedMethods,
			AllowedHeaders: rule.AllowedHeaders, ExposeHeaders: rule.ExposeHeaders, MaxAgeSeconds: rule.MaxAgeSeconds,
		})
	}
	if len(rules) == 0 {
		return s.send(ctx, "DeleteBucketCors", noRules, func(d *driver) error {
			_, err := d.client.DeleteBucketCors(ctx, &s3.DeleteBucketCorsInput{Bucket: &d.bucket}, once)
			return err
		})
	}
	return s.send(ctx, "PutBucketCors", noRules, func(d *driver) error {
		in := &s3.PutBucketCorsInput{Bucket: &d.bucket, CORSConfiguration: &types.CORSConfiguration{CORSRules: rules}}
		_, err := d.client.PutBucketCors(ctx, in, once)
		return err
	})
}
