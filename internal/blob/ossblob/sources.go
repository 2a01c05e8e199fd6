package ossblob

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/aliyun/credentials-go/credentials/providers"
)

// credentials are those that the configuration names, else those of the environment; exchanged for a role if it wants that.
func (c Config) credentials() (source, error) {
	base, err := c.base()
	if err != nil || c.AssumeRole == nil {
		return base, err
	}
	return c.assumeRole(base)
}

// base are the credentials before any role is assumed with them.
func (c Config) base() (source, error) {
	switch {
	case c.AccessKey != "" || c.SecretKey != "" || c.SecurityToken != "":
		return fixed(c.AccessKey, c.SecretKey, c.SecurityToken)
	case c.OIDC != nil:
		return c.oidc(*c.OIDC)
	case c.Profile != "" || c.SharedCredentialsFile != "":
		provider, err := providers.NewCLIProfileCredentialsProviderBuilder().
			WithProfileName(c.Profile).WithProfileFile(c.SharedCredentialsFile).Build()
		return single{provider}, err
	case c.ECSRoleName != "":
		provider, err := providers.NewECSRAMRoleCredentialsProviderBuilder().WithRoleName(c.ECSRoleName).Build()
		return single{provider}, err
	}
	return c.environment()
}

func fixed(id, secret, token string) (source, error) {
	if id == "" || secret == "" {
		return nil, errors.New("an access key and a secret key belong together, and one of them is missing")
	}
	return static{AccessKeyId: id, AccessKeySecret: secret, SecurityToken: token}, nil
}

// static are credentials that stay as they are.
type static providers.Credentials

func (s static) find() (*providers.Credentials, error) { return (*providers.Credentials)(&s), nil }

// keyVariables are the variables that hold credentials, the first id that is set counts: those of all of Alibaba Cloud's SDKs, of OSS's SDKs
// and ossutil, and of the alicloud provider (alicloud/provider.go).
var keyVariables = []struct{ id, secret, token string }{
	{"ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"},
	{"OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_SESSION_TOKEN"},
	{"ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY", "ALICLOUD_SECURITY_TOKEN"},
}

// What the alicloud provider reads besides credentials-go's own ALIBABA_CLOUD_PROFILE and ALIBABA_CLOUD_CONFIG_FILE, and ECS role.
var (
	profileVariables     = []string{"ALIBABA_CLOUD_PROFILE", "ALICLOUD_PROFILE"}
	profileFileVariables = []string{"ALIBABA_CLOUD_CONFIG_FILE", "ALICLOUD_SHARED_CREDENTIALS_FILE"}
	ecsRoleVariables     = []string{"ALIBABA_CLOUD_ECS_METADATA", "ALICLOUD_ECS_ROLE_NAME"}
)

// environment is credentials-go's own chain, with more variables, and with a failure of each of its links that says no secret (its
// DefaultCredentialsProvider joins them, the whole of a configuration file among them).
func (c Config) environment() (source, error) {
	for _, names := range keyVariables {
		if id := os.Getenv(names.id); id != "" {
			if os.Getenv(names.secret) == "" {
				return nil, fmt.Errorf("%s is set, and %s is not", names.id, names.secret)
			}
			return fixed(id, os.Getenv(names.secret), os.Getenv(names.token))
		}
	}
	var links chain
	if os.Getenv("ALIBABA_CLOUD_ROLE_ARN") != "" && os.Getenv("ALIBABA_CLOUD_OIDC_PROVIDER_ARN") != "" {
		oidc, err := c.oidc(OIDC{})
		if err != nil {
			return nil, err
		}
		links = append(links, link{"OIDC", oidc})
	}
	if cli, err := providers.NewCLIProfileCredentialsProviderBuilder().
		WithProfileName(firstOf(profileVariables)).WithProfileFile(firstOf(profileFileVariables)).Build(); err == nil {
		links = append(links, link{"profile of the CLI", single{cli}})
	}
	if file, err := providers.NewProfileCredentialsProviderBuilder().Build(); err == nil {
		links = append(links, link{"credentials file", single{file}})
	}
	if ecs, err := providers.NewECSRAMRoleCredentialsProviderBuilder().WithRoleName(firstOf(ecsRoleVariables)).Build(); err == nil {
		links = append(links, link{"role of an ECS instance", single{ecs}})
	}
	if os.Getenv("ALIBABA_CLOUD_CREDENTIALS_URI") != "" {
		if uri, err := providers.NewURLCredentialsProviderBuilder().Build(); err == nil {
			links = append(links, link{"ALIBABA_CLOUD_CREDENTIALS_URI", single{uri}})
		}
	}
	return &links, nil
}

// single is one provider of credentials-go.
type single struct{ provider providers.CredentialsProvider }

func (s single) find() (*providers.Credentials, error) { return s.provider.GetCredentials() }

// chain tries one source after the other, and stays with the first that has credentials.
type chain []link

type link struct {
	name   string
	source source
}

func (c *chain) find() (*providers.Credentials, error) {
	var failures []string
	for _, link := range *c {
		found, err := link.source.find()
		if err == nil {
			*c = chain{link}
			return found, nil
		}
		failures = append(failures, link.name+": "+inWords(err))
	}
	return nil, errors.New("none in the environment; " + strings.Join(failures, "; "))
}

// token is in the configuration, else in its file, else in the environment: by the names of Alibaba Cloud's SDKs, then by those of HCP
// Terraform's workload identity.
func (o OIDC) token() (string, error) {
	if o.Token != "" {
		return o.Token, nil
	}
	path := cmp.Or(o.TokenFile, os.Getenv("ALIBABA_CLOUD_OIDC_TOKEN_FILE"), os.Getenv("TFC_WORKLOAD_IDENTITY_TOKEN_PATH"))
	if path != "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("the OIDC token cannot be read: %w", err)
		}
		token := strings.TrimSpace(string(text))
		if token == "" {
			return "", fmt.Errorf("the file of the OIDC token, %s, is empty", path)
		}
		return token, nil
	}
	if token := firstOf([]string{"TFC_WORKLOAD_IDENTITY_TOKEN", "ALIBABA_CLOUD_OIDC_TOKEN"}); token != "" {
		return token, nil
	}
	return "", errors.New("there is no OIDC token")
}
