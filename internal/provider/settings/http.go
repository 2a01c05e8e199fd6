package settings

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/httpsource"
)

// httpModel says how files are fetched from source URLs.
// The names of certificates are those of the http provider.
type httpModel struct {
	CABundle    string                   `tfsdk:"ca_bundle"`
	Credentials map[string]httpHostModel `tfsdk:"credentials"`
}

type httpHostModel struct {
	Username      string            `tfsdk:"username"`
	Password      string            `tfsdk:"password"`
	Token         string            `tfsdk:"token"`
	Headers       map[string]string `tfsdk:"headers"`
	CACertPEM     string            `tfsdk:"ca_cert_pem"`
	ClientCertPEM string            `tfsdk:"client_cert_pem"`
	ClientKeyPEM  string            `tfsdk:"client_key_pem"`
}

const httpName = "http"

func httpSchema() schema.SingleNestedAttribute {
	sibling := func(name string) path.Expression { return path.MatchRelative().AtParent().AtName(name) }
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "Settings for downloads from `source_url`. A proxy is taken from the environment (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`). " +
			"Nothing of this block is stored in the state.",
		Attributes: map[string]schema.Attribute{
			"ca_bundle": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Path of a PEM file with CA certificates to trust in addition to the system's and those of `custom_ca_bundle`. A relative path starts at the root module's directory.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"credentials": schema.MapNestedAttribute{
				Optional: true,
				MarkdownDescription: "Credentials and headers by `host` (for the ports 443 and 80) or `host:port`. " +
					"They are sent only to that host: never to another one after a redirect, and never without TLS after a redirect from `https`.",
				Validators: []validator.Map{credentialHosts{}},
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"username": schema.StringAttribute{
						Optional:            true,
						MarkdownDescription: "User name for basic authentication. Requires `password`.",
						Validators:          []validator.String{stringvalidator.AlsoRequires(sibling("password"))},
					},
					"password": schema.StringAttribute{
						Optional: true, Sensitive: true,
						MarkdownDescription: "Password for basic authentication.",
						Validators:          []validator.String{stringvalidator.AlsoRequires(sibling("username"))},
					},
					"token": schema.StringAttribute{
						Optional: true, Sensitive: true,
						MarkdownDescription: "Bearer token. Conflicts with `username`.",
						Validators:          []validator.String{stringvalidator.ConflictsWith(sibling("username")), tokenRule},
					},
					"headers": schema.MapAttribute{
						Optional: true, Sensitive: true, ElementType: types.StringType,
						MarkdownDescription: "Additional headers, such as `PRIVATE-TOKEN` for GitLab.",
						Validators: []validator.Map{
							mapvalidator.NoNullValues(), mapvalidator.KeysAre(headerNameRule), mapvalidator.ValueStringsAre(tokenRule),
						},
					},
					"ca_cert_pem": schema.StringAttribute{
						Optional:            true,
						MarkdownDescription: "CA certificates in PEM format to trust for this host only, in addition to the others.",
						Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
					},
					"client_cert_pem": schema.StringAttribute{
						Optional:            true,
						MarkdownDescription: "Client certificate in PEM format. Requires `client_key_pem`.",
						Validators:          []validator.String{stringvalidator.AlsoRequires(sibling("client_key_pem"))},
					},
					"client_key_pem": schema.StringAttribute{
						Optional: true, Sensitive: true,
						MarkdownDescription: "Private key of the client certificate in PEM format.",
						Validators:          []validator.String{stringvalidator.AlsoRequires(sibling("client_cert_pem"))},
					},
				}},
			},
		},
	}
}

// readHTTP reads the block, in which every value is known.
func readHTTP(ctx context.Context, block types.Object, common objectstore.Common) (httpsource.Settings, diag.Diagnostics) {
	var model httpModel
	var diags diag.Diagnostics
	if !block.IsNull() {
		diags = block.As(ctx, &model, basetypes.ObjectAsOptions{UnhandledNullAsEmpty: true})
	}
	settings := httpsource.Settings{
		Hosts: map[string]httpsource.Host{}, CABundles: []string{model.CABundle, common.CABundle}, MaxRetries: common.MaxRetries, UserAgent: common.UserAgent,
	}
	for host, given := range model.Credentials {
		settings.Hosts[host] = httpsource.Host{
			Username: given.Username, Password: given.Password, Token: given.Token, Headers: given.Headers,
			CACert: given.CACertPEM, ClientCert: given.ClientCertPEM, ClientKey: given.ClientKeyPEM,
		}
	}
	return settings, diags
}

var (
	credentialHostRule = rule.String{Title: "Invalid host of credentials", Check: checkCredentialHost}
	headerNameRule     = rule.String{Title: "Invalid header name", Check: checkSourceHeader}
	tokenRule          = rule.String{Title: "Invalid header value", Check: checkSecretHeader}
)

// credentialHosts checks the keys of credentials, and puts what it finds on the map as a whole: a log has the path of a message, and a key that is a URL may have a password in it.
type credentialHosts struct{}

var _ validator.Map = credentialHosts{}

func (credentialHosts) Description(ctx context.Context) string {
	return credentialHostRule.Description(ctx)
}

func (v credentialHosts) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (credentialHosts) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	for host := range req.ConfigValue.Elements() {
		if err := checkCredentialHost(host); err != nil {
			resp.Diagnostics.AddAttributeError(req.Path, credentialHostRule.Title, rule.Sentence(err))
		}
	}
}

// checkCredentialHost takes a host, or a host and a port.
// Its message does not repeat what may hold a password.
func checkCredentialHost(value string) error {
	address, err := url.Parse("https://" + value)
	if err != nil || value == "" || address.Host != value || address.Hostname() == "" || strings.HasSuffix(value, ":") {
		return errors.New("a key of credentials is a host, or a host and a port, without a scheme, a path and a user: repo.example.com or repo.example.com:8443")
	}
	if value != strings.ToLower(value) {
		return errors.New("a key of credentials is in lower case: two spellings of one host would be two keys")
	}
	return nil
}

func checkSourceHeader(value string) error {
	switch strings.ToLower(value) {
	case "host", "range", "if-range", "accept-encoding", "connection", "content-length", "transfer-encoding":
		return fmt.Errorf("the header %q is set by the provider itself", value)
	}
	return rule.CheckHeaderName(value)
}

// checkSecretHeader never repeats the value.
func checkSecretHeader(value string) error {
	if value == "" || strings.TrimSpace(value) != value || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
		return errors.New("a header value must be printable ASCII, not empty, and without leading or trailing spaces and line breaks; use trimspace() for a value from a file")
	}
	return nil
}
