package s3blob

import (
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
)

// Config says how a bucket is reached.
// The zero value leaves everything to the AWS SDK's own chain: environment, shared files, web identity, container and instance roles.
type Config struct {
	objectstore.Opaque
	objectstore.Common

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

	ConditionalWrites string // Trusted or Checked; "": Trusted on AWS, else Checked

	Checksums string // WhenSupported or WhenRequired; "": WhenRequired with an endpoint of its own, else WhenSupported
}

// The values of Config.ConditionalWrites: whether the store is known to refuse what does not hold, and to do what holds.
const (
	Trusted = "trusted"
	Checked = "checked"
)

// The values of Config.Checksums: S3's newer ones break several compatible stores (hashicorp/terraform#36704, google/go-cloud#3535).
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
	objectstore.Opaque

	RoleARN     string
	SessionName string // "": sessionName
	Token       string // the token itself, a secret
	TokenFile   string // or the path of a file with it, read at each renewal
}

const sessionName = "terraform-provider-flink"
