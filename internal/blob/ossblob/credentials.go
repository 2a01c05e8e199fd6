package ossblob

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/url"
	"sync"
	"time"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
	"github.com/aliyun/credentials-go/credentials/providers"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/rest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

const (
	// lookEvery is how old credentials may be before they are looked up again.
	// That costs nothing as long as they are good: a provider of credentials-go renews them as soon as they have no more than 180 seconds left
	// (needUpdateCredential, in all of them).
	lookEvery = 30 * time.Second
	// outlive is how long credentials that were good when they were looked at may be used although renewing them fails.
	// With lookEvery it is less than the 180 seconds.
	outlive = 2 * time.Minute
)

// keyring has the credentials of one store.
// The providers of credentials-go know no context, and are not safe for concurrent use: one goroutine at a time looks up, and each caller
// waits for it as long as the caller's own context lasts.
type keyring struct {
	config Config
	now    func() time.Time

	mu      sync.Mutex
	source  source // nil: not known yet, or the last one failed
	current *keys
	looked  time.Time     // when current was good
	tried   time.Time     // when the last lookup ended
	lookup  chan struct{} // closed when the lookup that is under way has ended; nil: none is
	failure error         // of the last lookup
}

// source is where credentials come from; providers.CredentialsProvider with the words for its failures.
type source interface {
	find() (*providers.Credentials, error)
}

// keys are an access key and its secret, as the SDK wants them.
type keys struct {
	objectstore.Opaque

	found providers.Credentials
}

func (k *keys) GetAccessKeyID() string     { return k.found.AccessKeyId }
func (k *keys) GetAccessKeySecret() string { return k.found.AccessKeySecret }
func (k *keys) GetSecurityToken() string   { return k.found.SecurityToken }

func newKeyring(config Config) *keyring { return &keyring{config: config, now: time.Now} }

// GetCredentials is what the SDK calls when it signs: after refresh, so that there always are some.
func (k *keyring) GetCredentials() oss.Credentials {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.current == nil {
		return &keys{}
	}
	return k.current
}

// refresh makes sure of credentials that will be good for a while.
func (k *keyring) refresh(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	k.mu.Lock()
	if k.current != nil && k.now().Sub(k.tried) < lookEvery {
		k.mu.Unlock()
		return nil
	}
	lookup := k.lookup
	if lookup == nil {
		lookup = make(chan struct{})
		k.lookup = lookup
		go k.lookUp(lookup)
	}
	k.mu.Unlock()
	select {
	case <-lookup:
	case <-ctx.Done():
		return ctx.Err()
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.current == nil {
		return k.failure
	}
	return nil
}

// lookUp is one lookup.
// It goes on when nobody waits for it any more: the next caller has its result.
func (k *keyring) lookUp(done chan struct{}) {
	k.mu.Lock()
	source := k.source
	k.mu.Unlock()
	var (
		found *providers.Credentials
		err   error
	)
	if source == nil {
		source, err = k.config.credentials()
	}
	if err == nil {
		found, err = findAgain(source)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lookup, k.tried = nil, k.now()
	defer close(done)
	if err != nil {
		// The next lookup begins anew: a file may exist by then, or a role.
		k.source, k.failure = nil, k.config.noCredentials(err)
		if k.current != nil && k.now().Sub(k.looked) > outlive {
			k.current = nil
		}
		return
	}
	k.source, k.looked = source, k.now()
	k.current = &keys{found: *found}
}

// findAgain repeats find where STS, or the way to it, failed for a moment: credentials-go makes one attempt.
func findAgain(source source) (*providers.Credentials, error) {
	const attempts = 3
	for attempt := 1; ; attempt++ {
		found, err := find(source)
		if err == nil || attempt == attempts || !isPassing(err) {
			return found, err
		}
		pause := rest.FirstPause << attempt
		time.Sleep(pause/2 + rand.N(pause)) //nolint:gosec // a pause is no secret
	}
}

// passing are STS's codes for trying again, and what credentials-go says of a 5xx that has none.
var passing = pattern(`"Code" *: *"(Throttling|ServiceUnavailable|InternalError)|httpStatus: 5\d\d`)

// isPassing reports whether a repetition may succeed: a server that did not answer in time has been waited for long enough.
func isPassing(err error) bool {
	var (
		broken   *url.Error
		redirect *wire.RedirectError
	)
	if errors.As(err, &redirect) {
		return false
	}
	if errors.As(err, &broken) {
		_, _, permanent := wire.PermanentConnectionError(err)
		return !broken.Timeout() && !permanent
	}
	return passing().MatchString(err.Error())
}

// find: credentials-go 1.4.14 follows pointers that an answer need not have filled (an Expiration, ECS's Code).
func find(source source) (found *providers.Credentials, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("the answer lacks something that credentials have")
		}
	}()
	return source.find()
}

// noCredentials is a failure before any request was signed.
// Its cause is in words alone: the errors of credentials-go hold secrets.
func (c Config) noCredentials(err error) error {
	return wire.NewExplained(blob.ErrCredentials, c.credentialsAdvice(), "%s", inWords(err))
}

func (c Config) credentialsAdvice() string {
	switch {
	case c.OIDC != nil:
		return "Check role_arn, oidc_provider_arn and the token in assume_role_with_oidc, and that the role's trust policy allows the token's issuer, audience and subject."
	case c.AssumeRole != nil:
		return "Check the credentials that the role is assumed with, assume_role's role_arn, and that the role's trust policy allows this caller, which also needs sts:AssumeRole."
	case c.Profile != "" || c.SharedCredentialsFile != "":
		return "Check profile and shared_credentials_file: the configuration of the CLI, by default ~/.aliyun/config.json. 'aliyun configure list' shows its profiles."
	case c.ECSRoleName != "":
		return "Check ecs_role_name, and that this runs on an ECS instance with that role."
	}
	return "Set access_key and secret_key or profile in the provider's oss block, ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or run where a RAM role is given."
}
