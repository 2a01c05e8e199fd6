package settings

import (
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/s3blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
)

// s3Model has the names of the AWS provider.
type s3Model struct {
	Region                string         `tfsdk:"region"`
	Endpoint              string         `tfsdk:"endpoint"`
	UsePathStyle          types.Bool     `tfsdk:"use_path_style"`
	AccelerateEndpoint    string         `tfsdk:"accelerate_endpoint"`
	AccessKey             string         `tfsdk:"access_key"`
	SecretKey             string         `tfsdk:"secret_key"`
	Token                 string         `tfsdk:"token"`
	Profile               string         `tfsdk:"profile"`
	SharedConfigFiles     []string       `tfsdk:"shared_config_files"`
	SharedCredentialFiles []string       `tfsdk:"shared_credentials_files"`
	AssumeRole            *s3RoleModel   `tfsdk:"assume_role"`
	WebIdentity           *s3TokensModel `tfsdk:"assume_role_with_web_identity"`
	ConditionalWrites     string         `tfsdk:"conditional_writes"`
	Checksums             string         `tfsdk:"checksums"`
}

type s3RoleModel struct {
	RoleARN     string `tfsdk:"role_arn"`
	SessionName string `tfsdk:"session_name"`
	ExternalID  string `tfsdk:"external_id"`
	Policy      string `tfsdk:"policy"`
	Duration    string `tfsdk:"duration"`
}

type s3TokensModel struct {
	RoleARN              string `tfsdk:"role_arn"`
	SessionName          string `tfsdk:"session_name"`
	WebIdentityToken     string `tfsdk:"web_identity_token"`
	WebIdentityTokenFile string `tfsdk:"web_identity_token_file"`
}

func s3Schema() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "AWS S3 and compatible stores. Attributes are named as in the AWS provider; whatever is not set comes from the default chain of the AWS SDK " +
			"(`AWS_*` variables, shared files, web identity, container and instance roles).",
		Attributes: map[string]schema.Attribute{
			"region": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Region of the bucket. Optional with an `endpoint`.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"endpoint": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "URL of an S3-compatible store: `https://minio.example.com:9000`.",
				Validators:          []validator.String{endpointRule},
			},
			"use_path_style": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Put the bucket into the path (`https://endpoint/bucket`) instead of the host name. Default: `true` with an `endpoint`, otherwise `false`.",
			},
			"accelerate_endpoint": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "URL of the accelerated endpoint, without the bucket, for artifacts with `accelerate = true`: `https://s3-accelerate.dualstack.amazonaws.com` for dual stack. " +
					"Default: that of AWS; none with the `endpoint` of another store.",
				Validators: []validator.String{endpointRule},
			},
			"access_key": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "Access key. Requires `secret_key`.",
				Validators:          []validator.String{stringvalidator.AlsoRequires(path.MatchRelative().AtParent().AtName("secret_key"))},
			},
			"secret_key": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "Secret key. Requires `access_key`.",
				Validators:          []validator.String{stringvalidator.AlsoRequires(path.MatchRelative().AtParent().AtName("access_key"))},
			},
			"token": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "Session token of temporary credentials.",
				Validators:          []validator.String{stringvalidator.AlsoRequires(path.MatchRelative().AtParent().AtName("access_key"))},
			},
			"profile": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Profile in the shared configuration and credentials files.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"shared_config_files": schema.ListAttribute{
				Optional:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Paths of shared configuration files. Default: `~/.aws/config`.",
			},
			"shared_credentials_files": schema.ListAttribute{
				Optional:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "Paths of shared credentials files. Default: `~/.aws/credentials`.",
			},
			"assume_role": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "Role to assume with the credentials found.",
				Attributes: map[string]schema.Attribute{
					"role_arn":     schema.StringAttribute{Required: true, MarkdownDescription: "ARN of the role."},
					"session_name": schema.StringAttribute{Optional: true, MarkdownDescription: "Name of the session. Default: `terraform-provider-flink`."},
					"external_id":  schema.StringAttribute{Optional: true, MarkdownDescription: "External ID that the role's trust policy requires."},
					"policy":       schema.StringAttribute{Optional: true, MarkdownDescription: "IAM policy in JSON that restricts the role's permissions for this session."},
					"duration":     roleDurationSchema(),
				},
			},
			"assume_role_with_web_identity": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "Role to assume with an OIDC token.",
				Attributes: map[string]schema.Attribute{
					"role_arn":     schema.StringAttribute{Required: true, MarkdownDescription: "ARN of the role."},
					"session_name": schema.StringAttribute{Optional: true, MarkdownDescription: "Name of the session. Default: `terraform-provider-flink`."},
					"web_identity_token": schema.StringAttribute{
						Optional:            true,
						Sensitive:           true,
						MarkdownDescription: "The OIDC token. Set exactly one of this and `web_identity_token_file`.",
						Validators: []validator.String{stringvalidator.ExactlyOneOf(
							path.MatchRelative().AtParent().AtName("web_identity_token"),
							path.MatchRelative().AtParent().AtName("web_identity_token_file"),
						)},
					},
					"web_identity_token_file": schema.StringAttribute{Optional: true, MarkdownDescription: "Path of a file with the token, read again whenever credentials are renewed."},
				},
			},
			"conditional_writes": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "`trusted` relies on the store to refuse a write, a delete or a copy whose condition (`If-Match`, `If-None-Match`) does not hold. " +
					"`checked` also reads the object's headers before and after each write. It sends copies through the provider instead of requesting them from the store. " +
					"Several compatible stores ignore conditions, or refuse conditions that hold. " +
					"Default: `trusted` on AWS; `checked` with an endpoint of another store, set here or in the environment.",
				Validators: []validator.String{stringvalidator.OneOf(s3blob.Trusted, s3blob.Checked)},
			},
			"checksums": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "`when_supported` sends S3's own checksums with every part, `when_required` omits them, as some compatible stores require. " +
					"Default: `when_required` with an `endpoint`, otherwise `when_supported`.",
				Validators: []validator.String{stringvalidator.OneOf("when_supported", "when_required")},
			},
		},
	}
}

func roleDurationSchema() schema.StringAttribute {
	return schema.StringAttribute{
		Optional:            true,
		MarkdownDescription: "Duration of the session, after which it is renewed, such as `1h` or `30m`; from 15 minutes to 12 hours. Default: 15 minutes.",
		Validators:          []validator.String{durationRule},
	}
}

// config is what the block comes to.
func (m s3Model) config(common objectstore.Common, _ *diag.Diagnostics) s3blob.Config {
	config := s3blob.Config{
		Region:                 m.Region,
		Endpoint:               m.Endpoint,
		UsePathStyle:           m.UsePathStyle.ValueBoolPointer(),
		AccelerateEndpoint:     m.AccelerateEndpoint,
		AccessKey:              m.AccessKey,
		SecretKey:              m.SecretKey,
		Token:                  m.Token,
		Profile:                m.Profile,
		SharedConfigFiles:      m.SharedConfigFiles,
		SharedCredentialsFiles: m.SharedCredentialFiles,
		ConditionalWrites:      m.ConditionalWrites,
		Checksums:              m.Checksums,
		Common:                 common,
	}
	if role := m.AssumeRole; role != nil {
		duration, _ := time.ParseDuration(role.Duration) // checked by durationRule
		config.AssumeRole = &s3blob.AssumeRole{
			RoleARN: role.RoleARN, SessionName: role.SessionName, ExternalID: role.ExternalID, Policy: role.Policy, Duration: duration,
		}
	}
	if role := m.WebIdentity; role != nil {
		config.WebIdentity = &s3blob.WebIdentity{
			RoleARN: role.RoleARN, SessionName: role.SessionName, Token: role.WebIdentityToken, TokenFile: role.WebIdentityTokenFile,
		}
	}
	return config
}

var durationRule = rule.String{Title: "Invalid duration", Check: checkRoleDuration}

func checkRoleDuration(value string) error {
	duration, err := time.ParseDuration(value)
	if err != nil {
		return fmt.Errorf("%q is not a duration; write 1h or 30m", value)
	}
	if duration < 15*time.Minute || duration > 12*time.Hour {
		return fmt.Errorf("a session lasts from 15m to 12h, not %s", value)
	}
	return nil
}
