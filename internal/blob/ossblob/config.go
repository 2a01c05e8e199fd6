package ossblob

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/ledger"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
)

// Config says how a bucket is reached. The zero value leaves everything to the environment: region, endpoint and credentials.
//
// It holds secrets: its String, GoString and LogValue show none.
type Config struct {
	Region              string // "cn-hangzhou"; "": from the endpoint, or from the environment
	Endpoint            string // host or URL, without the bucket; "": the region's own, or from the environment
	UseInternalEndpoint bool   // the region's endpoint within Alibaba Cloud's network
	UseCNAME            bool   // Endpoint is a domain of the user's own that is bound to the bucket
	UsePathStyle        *bool  // the bucket in the path, which OSS itself refuses; nil: true where the endpoint is an IP address or localhost
	AccelerateEndpoint  string // host or URL; "": the worldwide one, oss-accelerate.aliyuncs.com
	STSEndpoint         string // host of the Security Token Service; "": sts.aliyuncs.com, or the one of ALIBABA_CLOUD_STS_REGION

	AccessKey             string
	SecretKey             string
	SecurityToken         string
	Profile               string // of the Alibaba Cloud CLI
	SharedCredentialsFile string // the CLI's file; "": ~/.aliyun/config.json
	ECSRoleName           string // RAM role of the ECS instance that this runs on
	AssumeRole            *AssumeRole
	OIDC                  *OIDC

	SignatureVersion string // SignatureV4 or SignatureV1; "": SignatureV4
	CABundle         string // path of a PEM file with certificates that count besides those of the system
	MaxRetries       *int   // after the first attempt; nil: DefaultRetries
	Budget           *multipart.Budget
	Ledger           *ledger.Ledger // nil: none
	UserAgent        string         // "name/version"
}

// The values of Config.SignatureVersion. OSS no longer accepts V1 from accounts made since 2025-03-01, step by step.
const (
	SignatureV4 = "v4"
	SignatureV1 = "v1"
)

// DefaultRetries is how often a request is sent again unless the user says otherwise.
const DefaultRetries = 4

// AssumeRole is a RAM role that the credentials found are exchanged for.
type AssumeRole struct {
	RoleARN           string
	SessionName       string        // "": sessionName
	ExternalID        string        // "": none
	Policy            string        // JSON; "": none
	SessionExpiration time.Duration // 0: STS's own, an hour
}

// OIDC is a RAM role that an OIDC token is exchanged for. The token is Token, else that in TokenFile, else that of the environment.
type OIDC struct {
	RoleARN           string
	ProviderARN       string
	SessionName       string // "": sessionName
	Token             string // a secret
	TokenFile         string // read again at each renewal
	Policy            string
	SessionExpiration time.Duration
}

const sessionName = "terraform-provider-flink"

// String shows where and as whom, and no secret.
func (c Config) String() string {
	return fmt.Sprintf("oss(region %q, endpoint %q, profile %q, static credentials %t, role %t, OIDC %t)",
		c.Region, c.Endpoint, c.Profile, c.AccessKey != "", c.AssumeRole != nil, c.OIDC != nil)
}

// GoString keeps %#v from the fields.
func (c Config) GoString() string { return c.String() }

// Format keeps every other verb from them.
func (c Config) Format(f fmt.State, _ rune) { fmt.Fprint(f, c.String()) }

// LogValue is String, for package log/slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// String shows no token.
func (o OIDC) String() string { return fmt.Sprintf("OIDC(role %q)", o.RoleARN) }

// GoString keeps %#v from the fields.
func (o OIDC) GoString() string { return o.String() }

// Format keeps every other verb from them.
func (o OIDC) Format(f fmt.State, _ rune) { fmt.Fprint(f, o.String()) }

// LogValue is String, for package log/slog.
func (o OIDC) LogValue() slog.Value { return slog.StringValue(o.String()) }
