package s3blob

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
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
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// open makes the driver of a bucket.
func open(ctx context.Context, settings Config, bucket string, tuning objectstore.Tuning) (*driver, error) {
	roots, err := wire.Certificates(settings.CABundle)
	if err != nil {
		return nil, err
	}
	// The SDK's own client type lets it shorten the timeouts of the instance metadata service, and obey AWS_CA_BUNDLE.
	// Those clients of its own that look for credentials follow redirects: this transport does not.
	client := awshttp.NewBuildableClient().WithTransportOptions(wire.DenyRedirects)
	if roots != nil {
		client = client.WithTransportOptions(trust(roots))
	}
	options := []func(*config.LoadOptions) error{
		config.WithHTTPClient(client), config.WithLogger(logging.Nop{}), config.WithAPIOptions([]func(*middleware.Stack) error{boundAnswers}),
	}
	// Its client for containers' credentials is another one, which takes nothing from here but this.
	options = append(options, config.WithEndpointCredentialOptions(func(o *endpointcreds.Options) {
		o.HTTPClient, o.APIOptions = client, append(o.APIOptions, boundAnswers)
	}))
	if settings.Region != "" {
		options = append(options, config.WithRegion(settings.Region))
	}
	if settings.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(settings.Profile))
	}
	if settings.SharedConfigFiles != nil {
		options = append(options, config.WithSharedConfigFiles(settings.SharedConfigFiles))
	}
	if settings.SharedCredentialsFiles != nil {
		options = append(options, config.WithSharedCredentialsFiles(settings.SharedCredentialsFiles))
	}
	if settings.AccessKey != "" {
		options = append(options, config.WithCredentialsProvider(
			credentials.NewStaticCredentialsProvider(settings.AccessKey, settings.SecretKey, settings.Token)))
	}
	loaded, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, noCredentials(settings, err)
	}

	// With AWS_CA_BUNDLE it is another client than the one that was handed in.
	if configured, ok := loaded.HTTPClient.(*awshttp.BuildableClient); ok {
		client = configured
	}
	d := &driver{config: settings, bucket: bucket, transport: newTransports(client, tuning)}
	build := func(o *s3.Options) {
		if settings.Endpoint != "" {
			o.BaseEndpoint = aws.String(settings.Endpoint)
		}
		if o.BaseEndpoint != nil && !isAWS(*o.BaseEndpoint) {
			d.endpoint = wire.Origin(*o.BaseEndpoint)
		}
		if o.Region == "" && d.endpoint != "" {
			o.Region = "us-east-1" // what compatible stores sign with unless they are told otherwise
		}
		d.region = o.Region
		// Stores of other makers rarely have the DNS that a bucket's host name needs.
		o.UsePathStyle = d.endpoint != ""
		if settings.UsePathStyle != nil {
			o.UsePathStyle = *settings.UsePathStyle
		}
		d.pathStyle = o.UsePathStyle
		d.checksums = d.endpoint == "" && loaded.RequestChecksumCalculation != aws.RequestChecksumCalculationWhenRequired
		if settings.Checksums != "" {
			d.checksums = settings.Checksums == WhenSupported
		}
		d.signParts = o.BaseEndpoint != nil && signParts(*o.BaseEndpoint)
		// Our own checksums go with what is sent, and our own SHA-256 is compared with what is read: the SDK would
		// hash everything again, and cannot check ranges.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired

		loaded.Region = o.Region
		o.Credentials = withRoles(settings, loaded)
		o.HTTPClient = d.transport.quick
		o.Retryer = retryer(settings, loaded.RetryMaxAttempts, tuning)
		o.APIOptions = append(o.APIOptions, addAnswerCheck)
		if name, version, ok := strings.Cut(settings.UserAgent, "/"); ok {
			o.APIOptions = append(o.APIOptions, awsmiddleware.AddUserAgentKeyValue(name, version))
		}
	}
	d.client = s3.NewFromConfig(loaded, build)
	if d.region == "" {
		return nil, errNoRegion
	}
	return d, nil
}

// withRoles are the credentials of the chain, exchanged for roles where they are configured.
func withRoles(settings Config, loaded aws.Config) aws.CredentialsProvider {
	found := loaded.Credentials
	if web := settings.WebIdentity; web != nil {
		var token stscreds.IdentityTokenRetriever = identityToken(web.Token)
		if web.TokenFile != "" {
			token = stscreds.IdentityTokenFile(web.TokenFile)
		}
		found = aws.NewCredentialsCache(stscreds.NewWebIdentityRoleProvider(sts.NewFromConfig(loaded), web.RoleARN, token,
			func(o *stscreds.WebIdentityRoleOptions) { o.RoleSessionName = cmp.Or(web.SessionName, sessionName) }))
	}
	if role := settings.AssumeRole; role != nil {
		loaded.Credentials = found
		found = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(loaded), role.RoleARN,
			func(o *stscreds.AssumeRoleOptions) {
				o.RoleSessionName = cmp.Or(role.SessionName, sessionName)
				o.Duration = role.Duration
				if role.ExternalID != "" {
					o.ExternalID = aws.String(role.ExternalID)
				}
				if role.Policy != "" {
					o.Policy = aws.String(role.Policy)
				}
			}))
	}
	return namedFailures{found, settings}
}

// identityToken is a token that is in the configuration.
type identityToken string

// GetIdentityToken implements stscreds.IdentityTokenRetriever.
func (t identityToken) GetIdentityToken() ([]byte, error) { return []byte(t), nil }

// namedFailures tells a failure to find credentials from one of the request that they were for.
type namedFailures struct {
	aws.CredentialsProvider

	settings Config
}

// Retrieve implements aws.CredentialsProvider.
func (p namedFailures) Retrieve(ctx context.Context) (aws.Credentials, error) {
	found, err := p.CredentialsProvider.Retrieve(ctx)
	if err != nil {
		return found, noCredentials(p.settings, err)
	}
	return found, nil
}

// retryer is the SDK's own, without the repetition of what cannot become better.
func retryer(settings Config, configured int, tuning objectstore.Tuning) aws.Retryer {
	attempts := configured
	if settings.MaxRetries != nil {
		attempts = *settings.MaxRetries + 1
	}
	return retry.NewStandard(func(o *retry.StandardOptions) {
		if attempts > 0 {
			o.MaxAttempts = attempts
		}
		if tuning.LongestPause > 0 {
			o.MaxBackoff = tuning.LongestPause
		}
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

var errNoRegion = &wire.ExplainedError{
	Message: "no region is set",
	Meaning: wire.Meaning{
		Err:    blob.ErrSettings,
		Advice: "Set region in the provider's s3 block, AWS_REGION, or region in the profile; or endpoint for a store other than AWS.",
	},
}

// noCredentials is a failure before any request was signed.
func noCredentials(settings Config, err error) error {
	advice := "Set access_key and secret_key or a profile in the provider's s3 block, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role is given."
	if settings.AssumeRole != nil || settings.WebIdentity != nil {
		advice = "Check the role's ARN, and that its trust policy allows this caller."
	}
	var profile config.SharedConfigProfileNotExistError
	if errors.As(err, &profile) {
		advice = fmt.Sprintf("There is no profile %q: check profile, AWS_PROFILE and the shared files.", profile.Profile)
	}
	return &wire.ExplainedError{
		Message: wire.RootCause(err), Cause: err,
		Meaning: wire.Meaning{Err: blob.ErrCredentials, Advice: advice},
	}
}

// transports are the HTTP clients of one store.
type transports struct {
	quick, slow *http.Client
}

func newTransports(configured *awshttp.BuildableClient, tuning objectstore.Tuning) *transports {
	quick := configured.GetTransport()
	wire.Bound(quick, tuning.Dial, tuning.Limits)
	return &transports{quick: wire.Client(quick, tuning.Limits), slow: wire.Client(wire.Patient(quick, tuning.Limits), tuning.Limits)}
}

func trust(roots *x509.CertPool) func(*http.Transport) {
	return func(transport *http.Transport) {
		if transport.TLSClientConfig == nil {
			transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		transport.TLSClientConfig.RootCAs = roots
	}
}

// isAWS: endpoints of AWS itself (regional, VPC, FIPS) behave as AWS, although they were given by hand.
func isAWS(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	host := strings.ToLower(u.Hostname())
	return strings.HasSuffix(host, ".amazonaws.com") || strings.HasSuffix(host, ".amazonaws.com.cn")
}

// signParts: over TLS the bytes are protected on the way, and on loopback there is no way. Everywhere else their
// SHA-256 belongs into the signature.
func signParts(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil || !strings.EqualFold(u.Scheme, "http") {
		return false
	}
	if strings.EqualFold(u.Hostname(), "localhost") {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return ip == nil || !ip.IsLoopback()
}
