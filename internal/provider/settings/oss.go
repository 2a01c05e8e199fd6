package settings

import (
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/objectvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/ossblob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
)

// ossModel has the names of the AliCloud provider.
type ossModel struct {
	Region                string        `tfsdk:"region"`
	Endpoint              string        `tfsdk:"endpoint"`
	UseInternalEndpoint   bool          `tfsdk:"use_internal_endpoint"`
	UseCNAME              bool          `tfsdk:"use_cname"`
	UsePathStyle          types.Bool    `tfsdk:"use_path_style"`
	AccelerateEndpoint    string        `tfsdk:"accelerate_endpoint"`
	AccessKey             string        `tfsdk:"access_key"`
	SecretKey             string        `tfsdk:"secret_key"`
	SecurityToken         string        `tfsdk:"security_token"`
	Profile               string        `tfsdk:"profile"`
	SharedCredentialsFile string        `tfsdk:"shared_credentials_file"`
	ECSRoleName           string        `tfsdk:"ecs_role_name"`
	STSEndpoint           string        `tfsdk:"sts_endpoint"`
	AssumeRole            *ossRoleModel `tfsdk:"assume_role"`
	OIDC                  *ossOIDCModel `tfsdk:"assume_role_with_oidc"`
	SignatureVersion      string        `tfsdk:"signature_version"`
}

type ossRoleModel struct {
	RoleARN           string `tfsdk:"role_arn"`
	SessionName       string `tfsdk:"session_name"`
	ExternalID        string `tfsdk:"external_id"`
	Policy            string `tfsdk:"policy"`
	SessionExpiration int64  `tfsdk:"session_expiration"`
}

type ossOIDCModel struct {
	RoleARN           string `tfsdk:"role_arn"`
	OIDCProviderARN   string `tfsdk:"oidc_provider_arn"`
	OIDCToken         string `tfsdk:"oidc_token"`
	OIDCTokenFile     string `tfsdk:"oidc_token_file"`
	RoleSessionName   string `tfsdk:"role_session_name"`
	Policy            string `tfsdk:"policy"`
	SessionExpiration int64  `tfsdk:"session_expiration"`
}

func ossSchema() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "Alibaba Cloud OSS. Attributes are named as in the AliCloud provider; whatever is not set comes from the environment " +
			"(`ALIBABA_CLOUD_*`, `ALICLOUD_*` and `OSS_*` variables), from the Alibaba Cloud CLI's configuration, or from the role of the ECS instance.",
		Attributes: map[string]schema.Attribute{
			"region": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Region of the bucket, such as `cn-hangzhou`. Optional if the `endpoint` is that of a region, and with `signature_version = \"v1\"`. " +
					"Environment: `OSS_REGION`, `ALIBABA_CLOUD_REGION`.",
				Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"endpoint": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Endpoint without the bucket: `oss-cn-hangzhou.aliyuncs.com`, or a custom domain with `use_cname`. Default: the region's public endpoint. " +
					"Environment: `OSS_ENDPOINT`.",
				Validators: []validator.String{ossEndpointRule},
			},
			"use_internal_endpoint": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Use the region's internal endpoint: for runs on ECS or in a VPC of the same region, without traffic fees. Default: `false`.",
			},
			"use_cname": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether the `endpoint` is a custom domain that is bound to the bucket. Accounts opened since 2025-03-20 need it for buckets in the Chinese mainland, " +
					"unless they use the internal endpoint. Default: `false`.",
			},
			"use_path_style": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Put the bucket into the path (`https://endpoint/bucket`) instead of the host name. OSS itself rejects that; it is for test servers. " +
					"Default: `true` if the `endpoint` is an IP address or `localhost`, otherwise `false`.",
			},
			"accelerate_endpoint": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Endpoint of transfer acceleration. Default: `oss-accelerate.aliyuncs.com`, which is worldwide; `oss-accelerate-overseas.aliyuncs.com` is for buckets and " +
					"senders outside of the Chinese mainland.",
				Validators: []validator.String{ossEndpointRule},
			},
			"access_key": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "AccessKey ID. Requires `secret_key`.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1), stringvalidator.AlsoRequires(path.MatchRelative().AtParent().AtName("secret_key"))},
			},
			"secret_key": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "AccessKey secret. Requires `access_key`.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1), stringvalidator.AlsoRequires(path.MatchRelative().AtParent().AtName("access_key"))},
			},
			"security_token": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "STS token of temporary credentials.",
				Validators:          []validator.String{stringvalidator.AlsoRequires(path.MatchRelative().AtParent().AtName("access_key"))},
			},
			"profile": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Profile in the Alibaba Cloud CLI's configuration.",
				Validators: []validator.String{
					stringvalidator.LengthAtLeast(1),
					stringvalidator.ConflictsWith(path.MatchRelative().AtParent().AtName("access_key"), path.MatchRelative().AtParent().AtName("ecs_role_name")),
				},
			},
			"shared_credentials_file": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Path of the Alibaba Cloud CLI's configuration. Default: `~/.aliyun/config.json`.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"ecs_role_name": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "RAM role of the ECS instance that Terraform runs on.",
				Validators: []validator.String{
					stringvalidator.LengthAtLeast(1),
					stringvalidator.ConflictsWith(path.MatchRelative().AtParent().AtName("access_key")),
				},
			},
			"sts_endpoint": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Host of the Security Token Service, such as `sts-vpc.cn-hangzhou.aliyuncs.com` within a VPC. Default: `sts.aliyuncs.com`. " +
					"Its certificate is verified with the CA certificates of the system (and of the file in `SSL_CERT_FILE`), not with `custom_ca_bundle`.",
				Validators: []validator.String{hostRule},
			},
			"assume_role":           ossRoleSchema(),
			"assume_role_with_oidc": ossOIDCSchema(),
			"signature_version": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Signature version of requests: `v4`, or `v1` for servers that support nothing else. Default: `v4`.",
				Validators:          []validator.String{stringvalidator.OneOf("v4", "v1")},
			},
		},
	}
}

// arnRules see at plan what STS would refuse in the middle of an apply: a variable that was left empty.
var arnRules = []validator.String{stringvalidator.LengthAtLeast(1)}

func ossRoleSchema() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "RAM role to assume with the credentials found.",
		Attributes: map[string]schema.Attribute{
			"role_arn":           schema.StringAttribute{Required: true, MarkdownDescription: "ARN of the role, such as `acs:ram::1234567890123456:role/flink-deploy`.", Validators: arnRules},
			"session_name":       schema.StringAttribute{Optional: true, MarkdownDescription: "Name of the session. Default: `terraform-provider-flink`."},
			"external_id":        schema.StringAttribute{Optional: true, MarkdownDescription: "External ID that the role's trust policy requires."},
			"policy":             schema.StringAttribute{Optional: true, MarkdownDescription: "Policy in JSON that restricts the role's permissions for this session."},
			"session_expiration": ossExpirationSchema(),
		},
	}
}

func ossOIDCSchema() schema.SingleNestedAttribute {
	beside := path.MatchRelative().AtParent()
	return schema.SingleNestedAttribute{
		Optional:   true,
		Validators: []validator.Object{objectvalidator.ConflictsWith(beside.AtName("access_key"), beside.AtName("profile"), beside.AtName("ecs_role_name"))},
		MarkdownDescription: "RAM role to assume with an OIDC token, instead of `access_key`, `profile` and `ecs_role_name`. The token is `oidc_token`, otherwise the content of `oidc_token_file`, otherwise that of the file in `ALIBABA_CLOUD_OIDC_TOKEN_FILE`, " +
			"otherwise HCP Terraform's workload identity token (`TFC_WORKLOAD_IDENTITY_TOKEN_PATH`, `TFC_WORKLOAD_IDENTITY_TOKEN`).",
		Attributes: map[string]schema.Attribute{
			"role_arn":          schema.StringAttribute{Required: true, MarkdownDescription: "ARN of the role.", Validators: arnRules},
			"oidc_provider_arn": schema.StringAttribute{Required: true, MarkdownDescription: "ARN of the OIDC identity provider, such as `acs:ram::1234567890123456:oidc-provider/hcp-terraform`.", Validators: arnRules},
			"oidc_token": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "The OIDC token.",
				Validators:          []validator.String{stringvalidator.ConflictsWith(path.MatchRelative().AtParent().AtName("oidc_token_file"))},
			},
			"oidc_token_file":    schema.StringAttribute{Optional: true, MarkdownDescription: "Path of a file with the token, read again whenever credentials are renewed."},
			"role_session_name":  schema.StringAttribute{Optional: true, MarkdownDescription: "Name of the session. Default: `terraform-provider-flink`."},
			"policy":             schema.StringAttribute{Optional: true, MarkdownDescription: "Policy in JSON that restricts the role's permissions for this session."},
			"session_expiration": ossExpirationSchema(),
		},
	}
}

// ossExpirationSchema has STS's limits (API reference, AssumeRole: from 900 seconds to the role's own maximum, at the most 12 hours).
func ossExpirationSchema() schema.Int64Attribute {
	return schema.Int64Attribute{
		Optional:            true,
		MarkdownDescription: "Duration of the session in seconds, after which it is renewed, from 900 to 43200. Default: 3600.",
		Validators:          []validator.Int64{int64validator.Between(900, 43200)},
	}
}

const twoEndpointsTitle = "Conflicting endpoint settings"

// config is what the block comes to.
func (m ossModel) config(common objectstore.Common, diags *diag.Diagnostics) ossblob.Config {
	if m.UseCNAME && m.UseInternalEndpoint {
		diags.AddAttributeError(path.Root("oss").AtName("use_cname"), twoEndpointsTitle,
			"use_cname = true is for a custom domain, use_internal_endpoint = true for Alibaba Cloud's own. Set only one of them.")
	}
	if m.Endpoint != "" && m.UseInternalEndpoint {
		diags.AddAttributeError(path.Root("oss").AtName("use_internal_endpoint"), twoEndpointsTitle,
			"use_internal_endpoint = true has no effect if endpoint is set. Remove one of them: the internal endpoint is derived from the region.")
	}
	config := ossblob.Config{
		Region:                m.Region,
		Endpoint:              m.Endpoint,
		UseInternalEndpoint:   m.UseInternalEndpoint,
		UseCNAME:              m.UseCNAME,
		UsePathStyle:          m.UsePathStyle.ValueBoolPointer(),
		AccelerateEndpoint:    m.AccelerateEndpoint,
		AccessKey:             m.AccessKey,
		SecretKey:             m.SecretKey,
		SecurityToken:         m.SecurityToken,
		Profile:               m.Profile,
		SharedCredentialsFile: m.SharedCredentialsFile,
		ECSRoleName:           m.ECSRoleName,
		STSEndpoint:           m.STSEndpoint,
		SignatureVersion:      m.SignatureVersion,
		Common:                common,
	}
	if role := m.AssumeRole; role != nil {
		config.AssumeRole = &ossblob.AssumeRole{
			RoleARN: role.RoleARN, SessionName: role.SessionName, ExternalID: role.ExternalID, Policy: role.Policy,
			SessionExpiration: time.Duration(role.SessionExpiration) * time.Second,
		}
	}
	if role := m.OIDC; role != nil {
		config.OIDC = &ossblob.OIDC{
			RoleARN: role.RoleARN, ProviderARN: role.OIDCProviderARN, SessionName: role.RoleSessionName, Token: role.OIDCToken, TokenFile: role.OIDCTokenFile,
			Policy: role.Policy, SessionExpiration: time.Duration(role.SessionExpiration) * time.Second,
		}
	}
	return config
}

var (
	ossEndpointRule = rule.String{Title: endpointRule.Title, Check: checkOSSEndpoint}
	hostRule        = rule.String{Title: "Invalid host", Check: checkHost}
)

// checkOSSEndpoint takes a bare host too, as OSS's own documentation and tools write endpoints.
func checkOSSEndpoint(value string) error {
	if value == "" {
		return errors.New("an endpoint is a host name or a URL, such as oss-cn-hangzhou.aliyuncs.com; omit it for that of the region")
	}
	if !strings.Contains(value, "://") {
		value = "https://" + value
	}
	if err := checkEndpoint(value); err != nil {
		return err
	}
	if endpoint, err := url.Parse(value); err != nil || strings.Trim(endpoint.Path, "/") != "" {
		return errors.New("an endpoint has no path, and no bucket; it looks like oss-cn-hangzhou.aliyuncs.com")
	}
	return nil
}

func checkHost(value string) error {
	if address, err := url.Parse("https://" + value); err != nil || value == "" || address.Host != value {
		return errors.New("this is a host name alone, without a scheme, a path and a user, such as sts.cn-hangzhou.aliyuncs.com")
	}
	return nil
}
