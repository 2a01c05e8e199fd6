package ossblob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// failure begins a *blob.Error for a request.
func (s *Store) failure(r request) *blob.Error {
	failure := &blob.Error{Op: r.operation, URI: "oss://" + s.bucket + "/" + r.key}
	if conn := s.opened.Load(); conn != nil {
		failure.Endpoint = conn.places.endpoint
		if r.accelerate {
			failure.Endpoint = conn.places.accelerate
		}
	}
	return failure
}

// fail makes a *blob.Error of whatever went wrong. The request tells what a refusal means.
func (s *Store) fail(r request, err error) error {
	var already *blob.Error
	if err == nil || errors.As(err, &already) {
		return err
	}
	failure := s.failure(r)
	s.explain(failure, r, err)
	wire.Tame(failure)
	return failure
}

// about says which key or prefix a failure was about, where the request itself names none.
func (s *Store) about(prefix string, err error) error {
	var failure *blob.Error
	if errors.As(err, &failure) {
		failure.URI = "oss://" + s.bucket + "/" + prefix
	}
	return err
}

func codeOf(err error) string {
	var failure *blob.Error
	if errors.As(err, &failure) {
		return failure.Code
	}
	return ""
}

var errNoRegion = errors.New("no region is set")

func (s *Store) explain(failure *blob.Error, r request, err error) {
	var (
		refused     *refusal
		page        *wire.PageError
		credentials *credentialsError
		ca          *wire.CAError
		setting     *settingError
		crc         *crcError
		strange     *strangeAnswerError
	)
	switch {
	case errors.Is(err, blob.ErrSourceChanged):
		failure.Err, failure.Message = blob.ErrSourceChanged, blob.ErrSourceChanged.Error()
	case errors.Is(err, context.Canceled):
		failure.Err, failure.Message = context.Canceled, context.Canceled.Error()
	case ranOut(err):
		failure.Err, failure.Message = context.DeadlineExceeded, context.DeadlineExceeded.Error()
		failure.Advice = "Give the resource more time in its timeouts, or look for what slows the connection down."
	case errors.Is(err, errNoRegion):
		failure.Err, failure.Message = blob.ErrSettings, errNoRegion.Error()
		failure.Advice = `Set region in the provider's oss block (such as "cn-hangzhou"), OSS_REGION or ALIBABA_CLOUD_REGION; or an endpoint whose name has the region. V4 signatures need it.`
	case errors.Is(err, errNoAcceleration):
		failure.Err, failure.Message = errors.ErrUnsupported, errNoAcceleration.Error()
		failure.Advice = "Set accelerate_endpoint in the provider's oss block, or leave accelerate out."
	case errors.As(err, &setting):
		failure.Err, failure.Message = blob.ErrSettings, setting.Error()
		failure.Advice = setting.advice()
	case errors.As(err, &ca):
		// Not the cause itself: a file that is missing is no object that is missing.
		failure.Err, failure.Message = blob.ErrSettings, "custom_ca_bundle: "+ca.Error()
		failure.Advice = "custom_ca_bundle is the path of a file with the CA's certificate in PEM."
	case errors.As(err, &page):
		failure.Err, failure.Message = blob.ErrNotAStore, "the answer is not OSS's: "+page.Error()
		failure.Advice = "Check endpoint: a web server, a proxy or a log-in page answers there."
		if page.PlainHTTP || page.Status == http.StatusBadRequest && r.method == http.MethodHead && strings.HasPrefix(failure.Endpoint, "http://") {
			failure.Advice = "The port speaks TLS: use https:// in endpoint."
		}
	case errors.As(err, &credentials):
		failure.Err, failure.Message = blob.ErrCredentials, credentials.Error()
		failure.Advice = s.config.credentialsAdvice()
	case errors.As(err, &crc):
		failure.Err, failure.Message = blob.ErrSourceChanged, crc.Error()
		failure.Advice = "Something between here and OSS changes bodies: look for a proxy, or a defect of memory; then run again."
	case errors.As(err, &refused):
		s.explainRefusal(failure, r, refused)
	case errors.As(err, &strange):
		failure.Err, failure.Message = blob.ErrNotAStore, strange.Error()
		failure.Advice = "Check endpoint: what answers there does not do what OSS does."
	default:
		explainNetwork(failure, err)
	}
}

func (c Config) credentialsAdvice() string {
	switch {
	case c.OIDC != nil:
		return "Check role_arn, oidc_provider_arn and the token in assume_role_with_oidc, and that the role's trust policy admits the token's issuer, audience and subject."
	case c.AssumeRole != nil:
		return "Check the credentials that the role is assumed with, assume_role's role_arn, that its trust policy admits who asks, and that he may call sts:AssumeRole."
	case c.Profile != "" || c.SharedCredentialsFile != "":
		return "Check profile and shared_credentials_file: the configuration of the CLI, by default ~/.aliyun/config.json. 'aliyun configure list' shows its profiles."
	case c.ECSRoleName != "":
		return "Check ecs_role_name, and that this runs on an ECS instance with that role."
	}
	return "Set access_key and secret_key or profile in the provider's oss block, ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or run where a RAM role is given."
}

// ranOut says that the caller's deadline has passed. A timeout of the network calls itself context.DeadlineExceeded too.
func ranOut(err error) bool {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err == context.DeadlineExceeded //nolint:errorlint // that value, and nothing that claims to be it
}

// explainRefusal says what OSS's words mean here.
func (s *Store) explainRefusal(failure *blob.Error, r request, e *refusal) {
	failure.Code, failure.Message, failure.RequestID = e.code, e.message, e.requestID
	if e.ec != "" {
		// A page of OSS's documentation explains each number.
		failure.Message = strings.TrimSpace(fmt.Sprintf("%s (EC %s)", e.message, e.ec))
	}
	known, ok := verdicts[e.ec]
	if !ok {
		known, ok = verdicts[e.code]
	}
	switch {
	case r.accelerate && e.isNotAccelerated():
		known = verdict{blob.ErrNotAccelerated, "Switch it on with flink_transfer_acceleration, and give it up to 30 minutes to take effect; or leave accelerate out."}
	case e.endpoint != "" && e.status == http.StatusForbidden, e.status/100 == 3 && e.status != http.StatusNotModified:
		known = verdict{blob.ErrWrongRegion, "Set endpoint and region in the provider's oss block to those of the bucket."}
		if e.endpoint != "" {
			known.advice = fmt.Sprintf("The bucket is reached at %s: set endpoint = %q in the provider's oss block, or the region that belongs to it.", e.endpoint, "https://"+e.endpoint)
			if region := regionOfHost("https://" + e.endpoint); region != "" {
				known.advice = fmt.Sprintf("The bucket is reached at %s: set region = %q in the provider's oss block, and leave endpoint out or set it to %q.", e.endpoint, region, "https://"+e.endpoint)
			}
		}
	case expectedRegion().MatchString(e.message):
		known = verdict{blob.ErrWrongRegion, fmt.Sprintf("The bucket is in another region than the one that the request was signed for: set region = %q in the provider's oss block.",
			expectedRegion().FindStringSubmatch(e.message)[1])}
	case strings.Contains(e.message, "does not belong to you"):
		known = verdicts["BucketNotBelongTo"]
	case strings.Contains(e.message, "has expired") && e.code == "AccessDenied":
		known = verdict{err: fs.ErrPermission, advice: "The signed URL is past its time."}
	case ok:
	case e.status == http.StatusPreconditionFailed:
		known.err = blob.ErrChanged
	case e.status == http.StatusForbidden:
		known.err = fs.ErrPermission
	case e.status == http.StatusNotImplemented, e.status == http.StatusMethodNotAllowed:
		known = verdict{errors.ErrUnsupported, "OSS cannot do that here."}
	case e.status >= http.StatusInternalServerError, e.status == http.StatusTooManyRequests, throttled[e.code]:
		known = verdict{blob.ErrUnreachable, "OSS is overloaded or failed, although the request was repeated. Try again later."}
	case e.code == "":
		known = verdict{blob.ErrNotAStore, "Check endpoint, and what is on the way to it: the refusal that came has no reason in it."}
	case strings.HasPrefix(e.code, "Kms") || strings.HasPrefix(e.code, "KMS"):
		known.advice = "Check the KMS key of the bucket, and the permissions on it."
	}
	failure.Err, failure.Advice = known.err, known.advice
	if errors.Is(failure.Err, fs.ErrPermission) && failure.Advice == "" {
		failure.Advice = "Needed: " + permissions[r.operation] + "."
		if e.denied != "" {
			failure.Advice = "RAM refuses " + e.denied + ". " + failure.Advice
		}
	}
	if failure.Err == nil {
		failure.Err = errors.New(strings.TrimSpace(failure.Code + " " + failure.Message))
	}
}

// expectedRegion is in the refusal of a signature for another region: https://www.alibabacloud.com/help/en/oss/support/0002-00000228.
var expectedRegion = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`Invalid signing region .*expected '?([a-z0-9-]+)`)
})

// isNotAccelerated reads what the acceleration endpoint answers for a bucket without it. OSS documents no code for it; that the
// numbers of acceleration begin with 0028 is documented, and that the endpoint sends one elsewhere is from memory.
func (e *refusal) isNotAccelerated() bool {
	return e.status/100 == 4 && (strings.HasPrefix(e.ec, "0028-") || strings.Contains(e.code, "TransferAcc") || e.endpoint != "" ||
		strings.Contains(strings.ToLower(e.message), "accelerat"))
}
