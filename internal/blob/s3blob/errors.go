package s3blob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// credentialsError is a failure before any request was signed.
type credentialsError struct{ err error }

func (e *credentialsError) Error() string { return e.err.Error() }
func (e *credentialsError) Unwrap() error { return e.err }

// permissions are what a caller needs in IAM's words, by operation.
var permissions = map[string]string{
	"HeadObject":              "s3:GetObject on the object, and s3:ListBucket on the bucket so that an absent object can be told from a forbidden one",
	"GetObject":               "s3:GetObject on the object, and s3:ListBucket on the bucket so that an absent object can be told from a forbidden one",
	"ListObjectsV2":           "s3:ListBucket on the bucket",
	"PutObject":               "s3:PutObject on the object, and kms:GenerateDataKey on the key if the bucket encrypts with KMS",
	"CreateMultipartUpload":   "s3:PutObject on the object, and kms:GenerateDataKey and kms:Decrypt on the key if the bucket encrypts with KMS",
	"UploadPart":              "s3:PutObject on the object, and kms:GenerateDataKey and kms:Decrypt on the key if the bucket encrypts with KMS",
	"CompleteMultipartUpload": "s3:PutObject on the object, and kms:Decrypt on the key if the bucket encrypts with KMS",
	"AbortMultipartUpload":    "s3:AbortMultipartUpload on the object",
	"ListMultipartUploads":    "s3:ListBucketMultipartUploads on the bucket",
	"CopyObject":              "s3:GetObject, s3:PutObject, s3:GetObjectTagging and s3:PutObjectTagging on the object",
	"UploadPartCopy":          "s3:GetObject on the object that is copied, and s3:PutObject on the copy",
	"GetObjectTagging":        "s3:GetObjectTagging on the object",
	"DeleteObject":            "s3:DeleteObject on the object",
	"GetBucketCors":           "s3:GetBucketCORS on the bucket",
	"PutBucketCors":           "s3:PutBucketCORS on the bucket",
	"DeleteBucketCors":        "s3:PutBucketCORS on the bucket",

	"GetBucketAccelerateConfiguration": "s3:GetAccelerateConfiguration on the bucket",
	"PutBucketAccelerateConfiguration": "s3:PutAccelerateConfiguration on the bucket",
}

// verdict is what a code of S3 means to a caller, and what its reader should do.
type verdict struct {
	err    error
	advice string
}

// garbled is what a store found that compared the checksum of what arrived.
const garbled = "Nothing was published: the store received other bytes than those that were hashed. Let what writes the source finish, or look for a proxy that changes bodies; then run again."

// ended is what a store says of an upload that is no more.
const ended = "The upload ended meanwhile: a rule of the bucket's life cycle or somebody else aborted it, or it is complete and the answer that said so was lost. Plan again to see what is there now."

// verdicts by code (API reference, "Error responses"), and by the names that the SDK gives to a status without a body.
var verdicts = map[string]verdict{
	"NoSuchKey":    {err: fs.ErrNotExist},
	"NotFound":     {err: fs.ErrNotExist},
	"NoSuchBucket": {err: blob.ErrNoBucket, advice: "Check the bucket's name and the endpoint, or create the bucket."},

	"InvalidAccessKeyId":          {blob.ErrCredentials, "The store does not know this access key: check access_key, the profile and AWS_ACCESS_KEY_ID, and that they belong to this endpoint."},
	"XAdminUserNotFound":          {blob.ErrCredentials, "The store does not know this access key: check access_key, the profile and AWS_ACCESS_KEY_ID, and that they belong to this endpoint."}, // versitygw
	"SignatureDoesNotMatch":       {blob.ErrCredentials, "The secret key does not belong to the access key (check secret_key and AWS_SECRET_ACCESS_KEY), or a proxy changes requests on the way."},
	"ExpiredToken":                {blob.ErrCredentials, "The session has expired: sign in again, or renew the token."},
	"TokenRefreshRequired":        {blob.ErrCredentials, "The session has expired: sign in again, or renew the token."},
	"InvalidToken":                {blob.ErrCredentials, "The session token is not valid here: check token and AWS_SESSION_TOKEN, and that they belong to the access key."},
	"RequestTimeTooSkewed":        {blob.ErrCredentials, "The clock of this machine is wrong by more than the store tolerates (15 minutes on AWS): set it."},
	"RequestExpired":              {blob.ErrCredentials, "The clock of this machine is wrong by more than the store tolerates (15 minutes on AWS): set it."},
	"MissingSecurityHeader":       {err: blob.ErrCredentials},
	"NotSignedUp":                 {blob.ErrCredentials, "The account has no subscription to S3."},
	"InvalidSecurity":             {err: blob.ErrCredentials},
	"AccountProblem":              {err: fs.ErrPermission},
	"AllAccessDisabled":           {err: fs.ErrPermission},
	"AccessDenied":                {err: fs.ErrPermission},
	"Forbidden":                   {err: fs.ErrPermission},
	"InvalidObjectState":          {fs.ErrPermission, "The object is archived: restore it first."},
	"KMS.DisabledException":       {fs.ErrPermission, "The KMS key is disabled."},
	"KMS.NotFoundException":       {fs.ErrPermission, "There is no such KMS key in this region."},
	"NotImplemented":              {errors.ErrUnsupported, "This store cannot do that."},
	"XNotImplemented":             {errors.ErrUnsupported, "This store cannot do that."},
	"UnsupportedOperation":        {errors.ErrUnsupported, "This store cannot do that."},
	"MethodNotAllowed":            {errors.ErrUnsupported, "This store does not allow that here."},
	"NoSuchUpload":                {blob.ErrChanged, ended},
	"SlowDown":                    {blob.ErrUnreachable, "The store is overloaded: try again later."},
	"ServiceUnavailable":          {blob.ErrUnreachable, "The store is overloaded: try again later."},
	"InternalError":               {blob.ErrUnreachable, "The store failed: try again later."},
	"RequestTimeout":              {blob.ErrUnreachable, "The store waited too long for the request: look for what slows the connection down, or try again later."},
	"EntityTooLarge":              {advice: "The store takes no object of this size."},
	"InvalidBucketName":           {advice: "Check the bucket's name."},
	"BadDigest":                   {blob.ErrSourceChanged, garbled},
	"XAmzContentSHA256Mismatch":   {blob.ErrSourceChanged, garbled},
	"XAmzContentChecksumMismatch": {blob.ErrSourceChanged, garbled},

	"PermanentRedirect":                  {err: blob.ErrWrongRegion},
	"MovedPermanently":                   {err: blob.ErrWrongRegion},
	"TemporaryRedirect":                  {err: blob.ErrWrongRegion},
	"AuthorizationHeaderMalformed":       {err: blob.ErrWrongRegion},
	"IllegalLocationConstraintException": {err: blob.ErrWrongRegion},
	"IncorrectEndpoint":                  {err: blob.ErrWrongRegion},
}

// fail makes a *blob.Error of whatever the SDK returned. The condition that the request carried tells what a 412 means.
func (s *Store) fail(operation, key string, cond blob.Cond, err error) error {
	var already *blob.Error
	if err == nil || errors.As(err, &already) {
		return err
	}
	failure := &blob.Error{Op: operation, URI: "s3://" + s.bucket + "/" + key}
	conn := s.opened.Load()
	if conn != nil {
		failure.Endpoint = conn.endpoint
	}
	s.explain(failure, operation, cond, conn, err)
	wire.Tame(failure)
	return failure
}

func (s *Store) explain(failure *blob.Error, operation string, cond blob.Cond, conn *connection, err error) {
	var (
		response    *smithyhttp.ResponseError
		api         smithy.APIError
		page        *wire.PageError
		strange     *strangeAnswerError
		credentials *credentialsError
		ca          *wire.CAError
		changed     = errors.Is(err, blob.ErrSourceChanged)
	)
	if errors.As(err, &response) && response.Response != nil {
		failure.RequestID = requestID(response.Response.Header)
		if request := response.Response.Request; failure.Endpoint == "" && request != nil {
			failure.Endpoint = wire.Origin(request.URL.String())
		}
	}
	switch {
	case changed:
		failure.Err, failure.Message = blob.ErrSourceChanged, blob.ErrSourceChanged.Error()
	case errors.Is(err, context.Canceled):
		failure.Err, failure.Message = context.Canceled, context.Canceled.Error()
	case ranOut(err):
		failure.Err, failure.Message = context.DeadlineExceeded, context.DeadlineExceeded.Error()
		failure.Advice = "Give the resource more time in its timeouts, or look for what slows the connection down."
	case errors.Is(err, errNoRegion):
		failure.Err, failure.Message = blob.ErrSettings, "no region is set"
		failure.Advice = "Set region in the provider's s3 block, AWS_REGION, or region in the profile; or endpoint for a store other than AWS."
	case errors.As(err, &ca):
		// Not the cause itself: a file that is missing is no object that is missing.
		failure.Err, failure.Message = blob.ErrSettings, "custom_ca_bundle: "+ca.Error()
		failure.Advice = "custom_ca_bundle is the path of a file with the CA's certificate in PEM."
	case errors.As(err, &page):
		failure.Err, failure.Message = blob.ErrNotAStore, "the answer is not that of an object store: "+page.Error()
		if page.Origin != "" {
			failure.Endpoint = page.Origin
		}
		failure.Advice = "Check endpoint: a web console, a proxy or a log-in page answers there. Stores often have their API and their console on different ports."
		if page.PlainHTTP {
			failure.Advice = "The port speaks TLS: use https:// in endpoint."
		}
	case errors.As(err, &strange):
		failure.Err, failure.Message = blob.ErrNotAStore, strange.Error()
		failure.Advice = "Check endpoint: what answers there does not do what S3 does."
	case errors.As(err, &credentials):
		failure.Err, failure.Message = blob.ErrCredentials, wire.RootCause(credentials)
		failure.Advice = "Set access_key and secret_key or a profile in the provider's s3 block, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role is given."
		if s.config.AssumeRole != nil || s.config.WebIdentity != nil {
			failure.Advice = "Check the role's ARN, and that its trust policy admits who asks for it."
		}
		var profile awsconfig.SharedConfigProfileNotExistError
		if errors.As(err, &profile) {
			failure.Advice = fmt.Sprintf("There is no profile %q: check profile, AWS_PROFILE and the shared files.", profile.Profile)
		}
	case errors.As(err, &api):
		s.explainCode(failure, operation, cond, conn, api, response)
	default:
		explainNetwork(failure, err)
	}
}

// ranOut says that the caller's deadline has passed. A timeout of the network calls itself context.DeadlineExceeded too.
func ranOut(err error) bool {
	var ended interface{ CanceledError() bool }
	return errors.Is(err, context.DeadlineExceeded) && (errors.As(err, &ended) && ended.CanceledError() || innermost(err) == context.DeadlineExceeded) //nolint:errorlint // that value, and nothing that claims to be it
}

func innermost(err error) error {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err
}

func (s *Store) explainCode(failure *blob.Error, operation string, cond blob.Cond, conn *connection, api smithy.APIError, response *smithyhttp.ResponseError) {
	failure.Code, failure.Message = api.ErrorCode(), api.ErrorMessage()
	if failure.Message == failure.Code {
		failure.Message = ""
	}
	status, region := 0, ""
	if response != nil && response.Response != nil {
		status, region = response.HTTPStatusCode(), response.Response.Header.Get("X-Amz-Bucket-Region")
	}
	known, ok := verdicts[failure.Code]
	if !ok {
		known, ok = accelerationVerdict(failure.Code, failure.Message)
	}
	switch {
	case region != "" && conn != nil && region != conn.region && (status == http.StatusBadRequest || status/100 == 3):
		known = verdict{err: blob.ErrWrongRegion}
	case ok:
	case status/100 == 3 && status != http.StatusNotModified:
		known.err = blob.ErrWrongRegion
	case status == http.StatusPreconditionFailed, failure.Code == "ConditionalRequestConflict":
		known.err = blob.ErrChanged
		if cond.IfAbsent {
			known.err = fs.ErrExist
		}
	case status == http.StatusForbidden:
		known.err = fs.ErrPermission
	case status == http.StatusNotImplemented:
		known.err = errors.ErrUnsupported
	case status == http.StatusTooManyRequests:
		known = verdicts["SlowDown"]
	case status >= http.StatusInternalServerError:
		known = verdict{blob.ErrUnreachable, "The store failed, although the request was repeated. Try again later, or look into the store's own log."}
	case strings.HasPrefix(failure.Code, "KMS."):
		known.advice = "Check the KMS key and the permissions on it."
	}
	failure.Err, failure.Advice = known.err, known.advice
	switch {
	case errors.Is(failure.Err, blob.ErrWrongRegion):
		failure.Advice = "Set region in the provider's s3 block to that of the bucket, and endpoint to that of the region."
		if region != "" {
			failure.Message = strings.TrimSpace(fmt.Sprintf("the bucket is in region %s. %s", region, failure.Message))
			failure.Advice = fmt.Sprintf("Set region = %q in the provider's s3 block.", region)
		}
	case errors.Is(failure.Err, fs.ErrPermission) && failure.Advice == "":
		failure.Advice = "Needed: " + permissions[operation] + "."
	}
	if failure.Err == nil {
		failure.Err = errors.New(strings.TrimSpace(failure.Code + " " + failure.Message))
	}
}

// explainNetwork describes a request that got no answer, or one that cannot be read.
func explainNetwork(failure *blob.Error, err error) {
	wire.Explain(failure, err, wire.Hints{Unresolved: "Buckets that are no host names need use_path_style = true."})
	if _, _, known := wire.Misaddressed(err); !known && isDeserialization(err) {
		failure.Err = blob.ErrNotAStore
		failure.Advice = "Check endpoint: something else than an object store answers there."
	}
}

func isDeserialization(err error) bool {
	var deserialization *smithy.DeserializationError
	return errors.As(err, &deserialization)
}

// requestID is what a vendor asks for.
func requestID(header http.Header) string {
	for _, name := range []string{"X-Amz-Request-Id", "X-Oss-Request-Id", "X-Guploader-Uploadid"} {
		if id := header.Get(name); id != "" {
			return id
		}
	}
	return ""
}
