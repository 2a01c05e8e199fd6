package acceleratefake_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/acceleratefake"
)

// at is a client of one of the listeners.
func at(t *testing.T, endpoint, accessKey, secretKey string) *s3.Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return s3.New(s3.Options{
		Region: versitygw.Region, BaseEndpoint: &endpoint, UsePathStyle: true, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(accessKey, secretKey, ""), HTTPClient: &http.Client{Transport: transport},
	})
}

func code(err error) string {
	var failure smithy.APIError
	if errors.As(err, &failure) {
		return failure.ErrorCode()
	}
	return ""
}

func TestFake(t *testing.T) {
	server := versitygw.Start(t, versitygw.Options{})
	fake := acceleratefake.Start(t, server.Endpoint)
	bucket := server.CreateBucket(t)
	regional := at(t, fake.URL, server.AccessKey, server.SecretKey)
	fast := at(t, fake.AccelerateURL, server.AccessKey, server.SecretKey)

	get := func(client *s3.Client, bucket string) (types.BucketAccelerateStatus, error) {
		out, err := client.GetBucketAccelerateConfiguration(t.Context(), &s3.GetBucketAccelerateConfigurationInput{Bucket: &bucket})
		if err != nil {
			return "", err
		}
		return out.Status, nil
	}
	set := func(status string) error {
		_, err := regional.PutBucketAccelerateConfiguration(t.Context(), &s3.PutBucketAccelerateConfigurationInput{
			Bucket: &bucket, AccelerateConfiguration: &types.AccelerateConfiguration{Status: types.BucketAccelerateStatus(status)},
		})
		return err
	}
	upload := func() error {
		_, err := fast.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: aws.String("key"), Body: strings.NewReader("data")})
		return err
	}

	if status, err := get(regional, bucket); status != "" || err != nil {
		t.Errorf("never set: %q, %v", status, err)
	}
	if err := upload(); code(err) != "InvalidRequest" || !strings.Contains(err.Error(), "is not configured on this bucket") {
		t.Errorf("an upload where it was never set: %v", err)
	}
	for _, status := range []string{acceleratefake.Suspended, acceleratefake.Enabled} {
		if err := set(status); err != nil {
			t.Fatal(err)
		}
		if got, err := get(regional, bucket); string(got) != status || err != nil || fake.Status(bucket) != status {
			t.Errorf("%s: %q, %v", status, got, err)
		}
		if err := upload(); (status == acceleratefake.Enabled) != (err == nil) {
			t.Errorf("an upload where it is %s: %v", status, err)
		}
	}
	if err := set("Perhaps"); code(err) != "MalformedXML" {
		t.Errorf("another status: %v", err)
	}
	fake.EffectAfter(1)
	if err := upload(); code(err) != "InvalidRequest" {
		t.Errorf("too early: %v", err)
	}
	if err := upload(); err != nil {
		t.Errorf("not too early any more: %v", err)
	}
	fake.Set(bucket, acceleratefake.Suspended)
	if err := upload(); code(err) != "InvalidRequest" || !strings.Contains(err.Error(), "is disabled on this bucket") {
		t.Errorf("an upload where it is suspended: %v", err)
	}

	// What the real server does before the fake answers.
	if _, err := get(at(t, fake.URL, server.AccessKey, "wrong"), bucket); code(err) != "SignatureDoesNotMatch" {
		t.Errorf("a wrong signature: %v", err)
	}
	if _, err := get(regional, "no-such-bucket"); code(err) != "NoSuchBucket" {
		t.Errorf("no bucket: %v", err)
	}
	for refusal, want := range map[acceleratefake.Refusal]string{
		acceleratefake.MethodNotAllowed: "MethodNotAllowed", acceleratefake.UnsupportedArgument: "UnsupportedArgument",
		acceleratefake.NotImplemented: "NotImplemented", acceleratefake.AccessDenied: "AccessDenied",
	} {
		fake.Refuse(refusal)
		if _, err := get(regional, bucket); code(err) != want {
			t.Errorf("GET refused with %s: %v", refusal, err)
		}
		if err := set(acceleratefake.Enabled); code(err) != want {
			t.Errorf("PUT refused with %s: %v", refusal, err)
		}
	}
	fake.Refuse(acceleratefake.AccessDeniedToPut)
	if _, err := get(regional, bucket); err != nil {
		t.Error(err)
	}
	if err := set(acceleratefake.Enabled); code(err) != "AccessDenied" {
		t.Error(err)
	}
	if _, err := fast.ListBuckets(t.Context(), &s3.ListBucketsInput{}); code(err) != "MethodNotAllowed" {
		t.Errorf("ListBuckets at the accelerated endpoint: %v", err)
	}

	fake.Take()
	fake.Set(bucket, acceleratefake.Enabled)
	if err := upload(); err != nil {
		t.Error(err)
	}
	if _, err := get(regional, bucket); err != nil {
		t.Error(err)
	}
	if got := fake.Take(); !slices.Equal(got, []string{"fast PUT", "GET ?accelerate"}) {
		t.Errorf("requests: %q", got)
	}
}
