// Package s3blob keeps blobs in a bucket of AWS S3 or of a compatible store.
package s3blob

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

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
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// Store is one bucket.
type Store struct {
	config Config
	bucket string

	// opening holds a token while nobody opens the connection.
	opening chan struct{}
	opened  atomic.Pointer[connection]

	// proven: something at the endpoint has answered in S3's protocol.
	proven atomic.Bool

	// unlisted: open uploads may not be listed here, or cannot be. It is not asked for again.
	unlisted atomic.Bool

	// copyLimit is the largest object that one CopyObject takes, and copyPart the size of the parts above it, in bytes.
	copyLimit, copyPart int64

	// longestPause is what the repetition of a request waits for at the most; 0: what the SDK says.
	longestPause time.Duration

	// limits are how long the server may be silent.
	limits wire.Limits

	// dial replaces the network in tests; nil: the network.
	dial wire.Dial
}

var (
	_ blob.Store          = (*Store)(nil)
	_ blob.Presigner      = (*Store)(nil)
	_ blob.CORSConfigurer = (*Store)(nil)
	_ blob.Accelerator    = (*Store)(nil)
	_ blob.StoredHasher   = (*Store)(nil)
	_ blob.UploadSweeper  = (*Store)(nil)
)

// connection is what the first use of a Store makes of its Config.
type connection struct {
	client    *s3.Client
	transport *transports
	endpoint  string // for messages: the endpoint of its own; "" on AWS
	region    string
	checksums bool // parts carry a CRC64NVME
	signParts bool // parts are signed with their SHA-256, as nothing else protects them on the way
	pathStyle bool // the bucket is in the path and not in the host name
}

// New returns the store of a bucket. It opens nothing and looks up no credential: the first call of a method does.
func New(config Config, bucket string) *Store {
	if config.Budget == nil {
		config.Budget = multipart.NewBudget(multipart.DefaultParts)
	}
	store := &Store{
		config: config, bucket: bucket, opening: make(chan struct{}, 1),
		copyLimit: 5_000_000_000, // "up to 5 GB" (API reference, CopyObject)
		copyPart:  512 << 20,
		limits:    wire.DefaultLimits(),
	}
	store.opening <- struct{}{}
	return store
}

// connect opens the connection once. A first use that fails or is cancelled leaves it to the next.
func (s *Store) connect(ctx context.Context) (*connection, error) {
	if conn := s.opened.Load(); conn != nil {
		return conn, nil
	}
	select {
	case <-s.opening:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { s.opening <- struct{}{} }()
	if conn := s.opened.Load(); conn != nil {
		return conn, nil
	}
	conn, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	s.opened.Store(conn)
	return conn, nil
}

func (s *Store) open(ctx context.Context) (*connection, error) {
	roots, err := wire.Certificates(s.config.CABundle)
	if err != nil {
		return nil, err
	}
	// The SDK's own client type lets it shorten the timeouts of the instance metadata service, and obey AWS_CA_BUNDLE.
	// Those clients of its own that look for credentials follow redirects: this transport does not.
	client := awshttp.NewBuildableClient().WithTransportOptions(wire.StayPut)
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
	if s.config.Region != "" {
		options = append(options, config.WithRegion(s.config.Region))
	}
	if s.config.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(s.config.Profile))
	}
	if s.config.SharedConfigFiles != nil {
		options = append(options, config.WithSharedConfigFiles(s.config.SharedConfigFiles))
	}
	if s.config.SharedCredentialsFiles != nil {
		options = append(options, config.WithSharedCredentialsFiles(s.config.SharedCredentialsFiles))
	}
	if s.config.AccessKey != "" {
		options = append(options, config.WithCredentialsProvider(
			credentials.NewStaticCredentialsProvider(s.config.AccessKey, s.config.SecretKey, s.config.Token)))
	}
	loaded, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &credentialsError{err}
	}

	// With AWS_CA_BUNDLE it is another client than the one that was handed in.
	if configured, ok := loaded.HTTPClient.(*awshttp.BuildableClient); ok {
		client = configured
	}
	conn := &connection{transport: newTransports(client, s.dial, s.limits)}
	build := func(o *s3.Options) {
		if s.config.Endpoint != "" {
			o.BaseEndpoint = aws.String(s.config.Endpoint)
		}
		if o.BaseEndpoint != nil && !isAWS(*o.BaseEndpoint) {
			conn.endpoint = wire.Origin(*o.BaseEndpoint)
		}
		if o.Region == "" && conn.endpoint != "" {
			o.Region = "us-east-1" // what compatible stores sign with unless they are told otherwise
		}
		conn.region = o.Region
		// Stores of other makers rarely have the DNS that a bucket's host name needs.
		o.UsePathStyle = conn.endpoint != ""
		if s.config.UsePathStyle != nil {
			o.UsePathStyle = *s.config.UsePathStyle
		}
		conn.pathStyle = o.UsePathStyle
		conn.checksums = conn.endpoint == "" && loaded.RequestChecksumCalculation != aws.RequestChecksumCalculationWhenRequired
		if s.config.Checksums != "" {
			conn.checksums = s.config.Checksums == WhenSupported
		}
		conn.signParts = o.BaseEndpoint != nil && signParts(*o.BaseEndpoint)
		// Our own checksums go with what is sent, and our own SHA-256 is compared with what is read: the SDK would
		// hash everything again, and cannot check ranges.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired

		loaded.Region = o.Region
		o.Credentials = s.credentials(loaded)
		o.HTTPClient = conn.transport.quick
		o.Retryer = s.retryer(loaded.RetryMaxAttempts)
		o.APIOptions = append(o.APIOptions, addAnswerCheck)
		if name, version, ok := strings.Cut(s.config.UserAgent, "/"); ok {
			o.APIOptions = append(o.APIOptions, awsmiddleware.AddUserAgentKeyValue(name, version))
		}
	}
	conn.client = s3.NewFromConfig(loaded, build)
	if conn.region == "" {
		return nil, errNoRegion
	}
	return conn, nil
}

// credentials are those of the chain, exchanged for roles if the user wants that.
func (s *Store) credentials(loaded aws.Config) aws.CredentialsProvider {
	found := loaded.Credentials
	if web := s.config.WebIdentity; web != nil {
		var token stscreds.IdentityTokenRetriever = identityToken(web.Token)
		if web.TokenFile != "" {
			token = stscreds.IdentityTokenFile(web.TokenFile)
		}
		found = aws.NewCredentialsCache(stscreds.NewWebIdentityRoleProvider(sts.NewFromConfig(loaded), web.RoleARN, token,
			func(o *stscreds.WebIdentityRoleOptions) { o.RoleSessionName = sessionNameOr(web.SessionName) }))
	}
	if role := s.config.AssumeRole; role != nil {
		loaded.Credentials = found
		found = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(loaded), role.RoleARN,
			func(o *stscreds.AssumeRoleOptions) {
				o.RoleSessionName = sessionNameOr(role.SessionName)
				o.Duration = role.Duration
				if role.ExternalID != "" {
					o.ExternalID = aws.String(role.ExternalID)
				}
				if role.Policy != "" {
					o.Policy = aws.String(role.Policy)
				}
			}))
	}
	return namedFailures{found}
}

func sessionNameOr(name string) string {
	if name != "" {
		return name
	}
	return sessionName
}

// identityToken is a token that is in the configuration.
type identityToken string

// GetIdentityToken implements stscreds.IdentityTokenRetriever.
func (t identityToken) GetIdentityToken() ([]byte, error) { return []byte(t), nil }

// namedFailures tells a failure to find credentials from one of the request that they were for.
type namedFailures struct{ aws.CredentialsProvider }

// Retrieve implements aws.CredentialsProvider.
func (p namedFailures) Retrieve(ctx context.Context) (aws.Credentials, error) {
	found, err := p.CredentialsProvider.Retrieve(ctx)
	if err != nil {
		return found, &credentialsError{err}
	}
	return found, nil
}

// retryer is the SDK's own, without the repetition of what cannot become better.
func (s *Store) retryer(configured int) aws.Retryer {
	attempts := configured
	if s.config.MaxRetries != nil {
		attempts = *s.config.MaxRetries + 1
	}
	return retry.NewStandard(func(o *retry.StandardOptions) {
		if attempts > 0 {
			o.MaxAttempts = attempts
		}
		if s.longestPause > 0 {
			o.MaxBackoff = s.longestPause
		}
		o.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(hopeless), tooMany}, o.Retryables...)
	})
}

// once is for a request that is never repeated, as a failure does not matter, or as what is sent has to be made anew.
func once(o *s3.Options) { o.Retryer = aws.NopRetryer{} }

func hopeless(err error) aws.Ternary {
	if _, _, ok := wire.Misaddressed(err); ok {
		return aws.FalseTernary
	}
	return aws.UnknownTernary
}

// tooMany: AWS throttles by 503, and stores of other makers by 429, which the SDK does not know.
var tooMany = retry.RetryableHTTPStatusCode{Codes: map[int]struct{}{http.StatusTooManyRequests: {}}}

var errNoRegion = errors.New("no region")

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
