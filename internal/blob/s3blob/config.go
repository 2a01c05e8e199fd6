package s3blob

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/ledger"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
)

// Config says how a bucket is reached. The zero value leaves everything to the AWS SDK's own chain: environment, shared
// files, web identity, container and instance roles.
//
// It holds secrets: its String, GoString and LogValue show none.
type Config struct {
	Region       string
	Endpoint     string // URL of an S3-compatible store; "": AWS, or what AWS_ENDPOINT_URL_S3 says
	UsePathStyle *bool  // nil: true with an endpoint of its own

	// AccelerateEndpoint is the URL of the accelerated endpoint, without the bucket; "": the one of AWS, or none with an endpoint of its own.
	AccelerateEndpoint string

	AccessKey              string
	SecretKey              string
	Token                  string
	Profile                string
	SharedConfigFiles      []string
	SharedCredentialsFiles []string
	AssumeRole             *AssumeRole
	WebIdentity            *WebIdentity

	Checksums  string // WhenSupported or WhenRequired; "": WhenRequired with an endpoint of its own, else WhenSupported
	CABundle   string // path of a PEM file with certificates that count besides those of the system
	MaxRetries *int   // after the first attempt; nil: the SDK's default
	Budget     *multipart.Budget
	Ledger     *ledger.Ledger // nil: none
	UserAgent  string         // "name/version"
}

// The values of Config.Checksums. S3's checksums and what newer SDKs do about them break several compatible stores
// (hashicorp/terraform#36704, google/go-cloud#3535).
const (
	WhenSupported = "when_supported"
	WhenRequired  = "when_required"
)

// AssumeRole is a role that the credentials found are exchanged for.
type AssumeRole struct {
	RoleARN     string
	SessionName string // "": sessionName
	ExternalID  string
	Policy      string        // JSON; "": none
	Duration    time.Duration // 0: the SDK's default, 15 minutes
}

// WebIdentity is a role that an OIDC token is exchanged for.
type WebIdentity struct {
	RoleARN     string
	SessionName string // "": sessionName
	Token       string // the token itself, a secret
	TokenFile   string // or the path of a file with it, read at each renewal
}

const sessionName = "terraform-provider-flink"

// String shows where and as whom, and no secret.
func (c Config) String() string {
	return fmt.Sprintf("s3(region %q, endpoint %q, profile %q, static credentials %t, role %t, web identity %t)",
		c.Region, c.Endpoint, c.Profile, c.AccessKey != "", c.AssumeRole != nil, c.WebIdentity != nil)
}

// GoString keeps %#v from the fields.
func (c Config) GoString() string { return c.String() }

// Format keeps every other verb from them.
func (c Config) Format(f fmt.State, _ rune) { fmt.Fprint(f, c.String()) }

// LogValue is String, for package log/slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// String shows no token.
func (w WebIdentity) String() string { return fmt.Sprintf("web identity(role %q)", w.RoleARN) }

// GoString keeps %#v from the fields.
func (w WebIdentity) GoString() string { return w.String() }

// Format keeps every other verb from them.
func (w WebIdentity) Format(f fmt.State, _ rune) { fmt.Fprint(f, w.String()) }

// LogValue is String, for package log/slog.
func (w WebIdentity) LogValue() slog.Value { return slog.StringValue(w.String()) }
