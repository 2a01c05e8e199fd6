package s3blob

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// withRoles are the credentials that were found, exchanged for roles where they are configured.
func withRoles(settings Config, loaded aws.Config) aws.CredentialsProvider {
	if web := settings.WebIdentity; web != nil {
		var token stscreds.IdentityTokenRetriever = identityToken(web.Token)
		if web.TokenFile != "" {
			token = stscreds.IdentityTokenFile(web.TokenFile)
		}
		loaded.Credentials = aws.NewCredentialsCache(stscreds.NewWebIdentityRoleProvider(sts.NewFromConfig(loaded), web.RoleARN, token,
			func(o *stscreds.WebIdentityRoleOptions) { o.RoleSessionName = cmp.Or(web.SessionName, sessionName) }))
	}
	if role := settings.AssumeRole; role != nil {
		loaded.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(loaded), role.RoleARN,
			func(o *stscreds.AssumeRoleOptions) {
				o.RoleSessionName, o.Duration = cmp.Or(role.SessionName, sessionName), role.Duration
				o.ExternalID, o.Policy = optional(role.ExternalID), optional(role.Policy)
			}))
	}
	return aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		found, err := loaded.Credentials.Retrieve(ctx)
		if err != nil { // tells a failure to find credentials from one of the request that they were for
			err = noCredentials(settings, err)
		}
		return found, err
	})
}

// identityToken is a token that is in the configuration.
type identityToken string

// GetIdentityToken implements stscreds.IdentityTokenRetriever.
func (t identityToken) GetIdentityToken() ([]byte, error) { return []byte(t), nil }

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
	return &wire.ExplainedError{Message: wire.RootCause(err), Cause: err, Meaning: wire.Meaning{Err: blob.ErrCredentials, Advice: advice}}
}
