package ossblob

import (
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
)

// Config says how a bucket is reached.
// The zero value leaves everything to the environment: region, endpoint and credentials.
type Config struct {
	objectstore.Opaque
	objectstore.Common // MaxRetries nil: DefaultRetries

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
}

// The values of Config.SignatureVersion.
// OSS no longer accepts V1 from accounts made since 2025-03-01, step by step.
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

// OIDC is a RAM role that an OIDC token is exchanged for.
// The token is Token, else that in TokenFile, else that of the environment.
type OIDC struct {
	objectstore.Opaque

	RoleARN           string
	ProviderARN       string
	SessionName       string // "": sessionName
	Token             string // a secret
	TokenFile         string // read again at each renewal
	Policy            string
	SessionExpiration time.Duration
}

const sessionName = "terraform-provider-flink"
