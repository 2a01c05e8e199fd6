package s3blob

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// open makes the driver of a bucket.
func open(ctx context.Context, settings Config, bucket string, tuning objectstore.Tuning) (*driver, error) {
	loaded, err := load(ctx, settings)
	if err != nil {
		return nil, err
	}
	quick := loaded.HTTPClient.(*awshttp.BuildableClient).GetTransport() // with AWS_CA_BUNDLE another one than load handed in
	wire.Bound(quick, tuning.Dial, tuning.Limits)
	d := &driver{
		config: settings, bucket: bucket,
		quick: wire.Client(quick, tuning.Limits), slow: wire.Client(wire.Patient(quick, tuning.Limits), tuning.Limits),
	}
	d.client = s3.NewFromConfig(loaded, func(o *s3.Options) {
		base := cmp.Or(settings.Endpoint, aws.ToString(o.BaseEndpoint))
		o.BaseEndpoint = optional(base)
		if !isAWS(base) {
			d.endpoint = wire.Origin(base)
		}
		if d.endpoint != "" {
			o.Region = cmp.Or(o.Region, "us-east-1") // what compatible stores sign with unless they are told otherwise
		}
		d.region = o.Region
		// Stores of other makers rarely have the DNS that a bucket's host name needs.
		o.UsePathStyle = d.endpoint != ""
		if settings.UsePathStyle != nil {
			o.UsePathStyle = *settings.UsePathStyle
		}
		d.checksums = d.endpoint == "" && loaded.RequestChecksumCalculation != aws.RequestChecksumCalculationWhenRequired
		if settings.Checksums != "" {
			d.checksums = settings.Checksums == WhenSupported
		}
		d.signParts = signParts(base)
		// Our own checksums go with what is sent, and our own SHA-256 is compared with what is read: the SDK would hash everything again,
		// and cannot check ranges.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired

		loaded.Region = o.Region
		o.Credentials = withRoles(settings, loaded)
		o.HTTPClient = d.quick
		o.Retryer = retryer(settings, loaded.RetryMaxAttempts, tuning)
		if name, version, ok := strings.Cut(settings.UserAgent, "/"); ok {
			o.APIOptions = append(o.APIOptions, awsmiddleware.AddUserAgentKeyValue(name, version))
		}
	})
	if d.region == "" {
		return nil, wire.NewExplained(blob.ErrSettings,
			"Set region in the provider's s3 block, AWS_REGION, or region in the profile; or endpoint for a store other than AWS.", "no region is set")
	}
	return d, nil
}

// load has the SDK read environment and shared files, where the settings say nothing.
func load(ctx context.Context, settings Config) (aws.Config, error) {
	roots, err := wire.Certificates(settings.CABundle)
	if err != nil {
		return aws.Config{}, err
	}
	// The SDK's own client type lets it shorten the timeouts of the instance metadata service, and obey AWS_CA_BUNDLE.
	// Those clients of its own that look for credentials follow redirects: this transport does not.
	client := awshttp.NewBuildableClient().WithTransportOptions(wire.DenyRedirects, func(transport *http.Transport) {
		transport.TLSClientConfig.RootCAs = roots
	})
	var keys aws.CredentialsProvider // nil: the chain's
	if settings.AccessKey != "" {
		keys = credentials.NewStaticCredentialsProvider(settings.AccessKey, settings.SecretKey, settings.Token)
	}
	loaded, err := config.LoadDefaultConfig(
		ctx, config.WithHTTPClient(client), config.WithLogger(logging.Nop{}), config.WithAPIOptions([]func(*middleware.Stack) error{checkAnswers}),
		// Its client for containers' credentials is another one, which takes nothing from here but this.
		config.WithEndpointCredentialOptions(func(o *endpointcreds.Options) {
			o.HTTPClient, o.APIOptions = client, append(o.APIOptions, checkAnswers)
		}),
		config.WithRegion(settings.Region), config.WithSharedConfigProfile(settings.Profile),
		config.WithSharedConfigFiles(settings.SharedConfigFiles), config.WithSharedCredentialsFiles(settings.SharedCredentialsFiles),
		config.WithCredentialsProvider(keys),
	)
	if err != nil {
		err = cmp.Or(ctx.Err(), noCredentials(settings, err))
	}
	return loaded, err
}

// retryer is the SDK's own, without the repetition of what cannot become better.
func retryer(settings Config, attempts int, tuning objectstore.Tuning) aws.Retryer {
	if settings.MaxRetries != nil {
		attempts = *settings.MaxRetries + 1
	}
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = cmp.Or(attempts, o.MaxAttempts)
		o.MaxBackoff = cmp.Or(tuning.LongestPause, o.MaxBackoff)
		o.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(permanent), tooMany}, o.Retryables...)
	})
}

// once is for a request that is never repeated, as a failure does not matter, or as what is sent has to be made anew.
func once(o *s3.Options) { o.Retryer = aws.NopRetryer{} }

func permanent(err error) aws.Ternary {
	if _, _, ok := wire.PermanentConnectionError(err); ok {
		return aws.FalseTernary
	}
	return aws.UnknownTernary
}

// tooMany: AWS throttles by 503, and stores of other makers by 429, which the SDK does not know.
var tooMany = retry.RetryableHTTPStatusCode{Codes: map[int]struct{}{http.StatusTooManyRequests: {}}}

// isAWS: endpoints of AWS itself (regional, VPC, FIPS) behave as AWS, although they were given by hand.
func isAWS(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	host := strings.ToLower(u.Hostname())
	return strings.HasSuffix(host, ".amazonaws.com") || strings.HasSuffix(host, ".amazonaws.com.cn") || strings.HasSuffix(host, ".amazonaws.eu")
}

// signParts: over TLS the bytes are protected on the way, and on loopback there is no way.
// Everywhere else their SHA-256 belongs into the signature.
func signParts(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil || !strings.EqualFold(u.Scheme, "http") || strings.EqualFold(u.Hostname(), "localhost") {
		return false
	}
	return !net.ParseIP(u.Hostname()).IsLoopback()
}
