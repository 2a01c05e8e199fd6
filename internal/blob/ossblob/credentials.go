package ossblob

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/url"
	"regexp"
	"sync"
	"time"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
	"github.com/aliyun/credentials-go/credentials/providers"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

const (
	// lookEvery is how old credentials may be before their provider is asked again. That costs nothing as long as they are good: a
	// provider of credentials-go renews them as soon as they have no more than 180 seconds left (needUpdateCredential, in all of them).
	lookEvery = 30 * time.Second
	// outlive is how long credentials that were good when they were looked at may be used although renewing them fails. With lookEvery
	// it is less than the 180 seconds.
	outlive = 2 * time.Minute
)

// keyring has the credentials of one store. The providers of credentials-go know no context, and are not safe for concurrent
// use: one goroutine at a time asks, and everybody waits for that one as long as his own context lasts.
type keyring struct {
	config Config
	now    func() time.Time

	mu      sync.Mutex
	source  source // nil: not known yet, or the last one failed
	current *keys
	looked  time.Time     // when current was good
	tried   time.Time     // when the last lookup ended
	asking  chan struct{} // closed when the lookup that is under way has ended; nil: none is
	failure error         // of the last lookup
}

// source is where credentials come from; providers.CredentialsProvider with the words for its failures.
type source interface {
	find() (*providers.Credentials, error)
}

// keys are an access key and its secret, as the SDK wants them.
type keys struct{ id, secret, token string }

func (k *keys) GetAccessKeyID() string     { return k.id }
func (k *keys) GetAccessKeySecret() string { return k.secret }
func (k *keys) GetSecurityToken() string   { return k.token }

// String shows no secret.
func (k *keys) String() string { return "keys" }

// GoString keeps %#v from the fields.
func (k *keys) GoString() string { return "keys" }

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

// refresh sees to it that there are credentials which will be good for a while.
func (k *keyring) refresh(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	k.mu.Lock()
	if k.current != nil && k.now().Sub(k.tried) < lookEvery {
		k.mu.Unlock()
		return nil
	}
	asking := k.asking
	if asking == nil {
		asking = make(chan struct{})
		k.asking = asking
		go k.ask(asking)
	}
	k.mu.Unlock()
	select {
	case <-asking:
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

// ask is one lookup. It goes on when nobody waits for it any more: the next caller has its result.
func (k *keyring) ask(done chan struct{}) {
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
		found, err = lookUp(source)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asking, k.tried = nil, k.now()
	defer close(done)
	if err != nil {
		// The next lookup begins anew: a file may be there by then, or a role.
		k.source, k.failure = nil, &credentialsError{err}
		if k.current != nil && k.now().Sub(k.looked) > outlive {
			k.current = nil
		}
		return
	}
	k.source, k.looked = source, k.now()
	k.current = &keys{id: found.AccessKeyId, secret: found.AccessKeySecret, token: found.SecurityToken}
}

// lookUp asks again where STS, or the way to it, failed for a moment: credentials-go makes one attempt.
func lookUp(source source) (*providers.Credentials, error) {
	const attempts = 3
	for attempt := 1; ; attempt++ {
		found, err := find(source)
		if err == nil || attempt == attempts || !isPassing(err) {
			return found, err
		}
		pause := firstPause << attempt
		time.Sleep(pause/2 + rand.N(pause)) //nolint:gosec // a pause is no secret
	}
}

// passing are STS's codes for trying again, and what credentials-go says of a 5xx that has none.
var passing = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`"Code" *: *"(Throttling|ServiceUnavailable|InternalError)|httpStatus: 5\d\d`)
})

// isPassing: a server that did not answer in time has been waited for long enough.
func isPassing(err error) bool {
	var (
		broken   *url.Error
		redirect *wire.RedirectError
	)
	if errors.As(err, &redirect) {
		return false
	}
	if errors.As(err, &broken) {
		_, _, hopeless := wire.Misaddressed(err)
		return !broken.Timeout() && !hopeless
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

// credentialsError is a failure before any request was signed.
type credentialsError struct{ err error }

func (e *credentialsError) Error() string { return inWords(e.err) }
func (e *credentialsError) Unwrap() error { return e.err }
