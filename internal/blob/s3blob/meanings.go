package s3blob

import (
	"errors"
	"io/fs"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// permissions are what a caller needs in IAM's words, by operation.
var permissions = map[string]string{
	"HeadObject":                       "s3:GetObject on the object, and s3:ListBucket on the bucket so that an absent object can be told from a forbidden one",
	"GetObject":                        "s3:GetObject on the object, and s3:ListBucket on the bucket so that an absent object can be told from a forbidden one",
	"ListObjectsV2":                    "s3:ListBucket on the bucket",
	"PutObject":                        "s3:PutObject on the object, and kms:GenerateDataKey on the key if the bucket encrypts with KMS",
	"CreateMultipartUpload":            "s3:PutObject on the object, and kms:GenerateDataKey and kms:Decrypt on the key if the bucket encrypts with KMS",
	"UploadPart":                       "s3:PutObject on the object, and kms:GenerateDataKey and kms:Decrypt on the key if the bucket encrypts with KMS",
	"CompleteMultipartUpload":          "s3:PutObject on the object, and kms:Decrypt on the key if the bucket encrypts with KMS",
	"AbortMultipartUpload":             "s3:AbortMultipartUpload on the object",
	"ListMultipartUploads":             "s3:ListBucketMultipartUploads on the bucket",
	"CopyObject":                       "s3:GetObject, s3:PutObject, s3:GetObjectTagging and s3:PutObjectTagging on the object",
	"UploadPartCopy":                   "s3:GetObject on the object that is copied, and s3:PutObject on the copy",
	"GetObjectTagging":                 "s3:GetObjectTagging on the object",
	"DeleteObject":                     "s3:DeleteObject on the object",
	"GetBucketCors":                    "s3:GetBucketCORS on the bucket",
	"PutBucketCors":                    "s3:PutBucketCORS on the bucket",
	"DeleteBucketCors":                 "s3:PutBucketCORS on the bucket",
	"GetBucketAccelerateConfiguration": "s3:GetAccelerateConfiguration on the bucket",
	"PutBucketAccelerateConfiguration": "s3:PutAccelerateConfiguration on the bucket",
}

// garbled is what a store found that compared the checksum of what arrived.
const garbled = "Nothing was published: the store received other bytes than those that were hashed. Let what writes the source finish, or look for a proxy that changes bodies; then run again."

// conflicts are the codes for a change of a bucket's configuration that met another one.
var conflicts = map[string]bool{"OperationAborted": true, "Conflict": true, "ConflictException": true}

// meanings are by code (API reference, "Error responses"), and by the names that the SDK gives to a status without a body.
// What the status tells as well is not here.
var meanings = map[string]wire.Meaning{
	"NoSuchKey":                          {Err: fs.ErrNotExist},
	"NotFound":                           {Err: fs.ErrNotExist},
	"NoSuchBucket":                       {Err: blob.ErrNoBucket, Advice: "Check the bucket's name and the endpoint, or create the bucket."},
	"InvalidAccessKeyId":                 {Err: blob.ErrCredentials, Advice: "The store does not know this access key: check access_key, the profile and AWS_ACCESS_KEY_ID, and that they belong to this endpoint."},
	"XAdminUserNotFound":                 {Err: blob.ErrCredentials, Advice: "The store does not know this access key: check access_key, the profile and AWS_ACCESS_KEY_ID, and that they belong to this endpoint."}, // versitygw
	"SignatureDoesNotMatch":              {Err: blob.ErrCredentials, Advice: "The secret key does not belong to the access key (check secret_key and AWS_SECRET_ACCESS_KEY), or a proxy changes requests on the way."},
	"ExpiredToken":                       {Err: blob.ErrCredentials, Advice: "The session has expired: sign in again, or renew the token."},
	"TokenRefreshRequired":               {Err: blob.ErrCredentials, Advice: "The session has expired: sign in again, or renew the token."},
	"InvalidToken":                       {Err: blob.ErrCredentials, Advice: "The session token is not valid here: check token and AWS_SESSION_TOKEN, and that they belong to the access key."},
	"RequestTimeTooSkewed":               {Err: blob.ErrCredentials, Advice: "The clock of this machine is wrong by more than the store tolerates (15 minutes on AWS): set it."},
	"RequestExpired":                     {Err: blob.ErrCredentials, Advice: "The clock of this machine is wrong by more than the store tolerates (15 minutes on AWS): set it."},
	"MissingSecurityHeader":              {Err: blob.ErrCredentials},
	"NotSignedUp":                        {Err: blob.ErrCredentials, Advice: "The account has no subscription to S3."},
	"InvalidSecurity":                    {Err: blob.ErrCredentials},
	"AccessDenied":                       {Err: fs.ErrPermission},
	"InvalidObjectState":                 {Err: fs.ErrPermission, Advice: "The object is archived: restore it first."},
	"KMS.DisabledException":              {Err: fs.ErrPermission, Advice: "The KMS key is disabled."},
	"KMS.NotFoundException":              {Err: fs.ErrPermission, Advice: "There is no such KMS key in this region."},
	"UnsupportedArgument":                {Err: errors.ErrUnsupported, Advice: "This store cannot do that."},
	"ConditionalRequestConflict":         {Err: blob.ErrChanged},
	"NoSuchUpload":                       {Err: blob.ErrChanged, Advice: "The upload ended meanwhile: a rule of the bucket's life cycle or somebody else aborted it, or it is complete and the answer that said so was lost. Plan again to see what is there now."},
	"InternalError":                      {Err: blob.ErrUnreachable, Advice: "The store failed: try again later."},
	"RequestTimeout":                     {Err: blob.ErrUnreachable, Advice: "The store waited too long for the request: look for what slows the connection down, or try again later."},
	"EntityTooLarge":                     {Advice: "The store takes no object of this size."},
	"InvalidBucketName":                  {Advice: "Check the bucket's name."},
	"BadDigest":                          {Err: blob.ErrSourceChanged, Advice: garbled},
	"XAmzContentSHA256Mismatch":          {Err: blob.ErrSourceChanged, Advice: garbled},
	"XAmzContentChecksumMismatch":        {Err: blob.ErrSourceChanged, Advice: garbled},
	"AuthorizationHeaderMalformed":       {Err: blob.ErrWrongRegion},
	"IllegalLocationConstraintException": {Err: blob.ErrWrongRegion},
	"IncorrectEndpoint":                  {Err: blob.ErrWrongRegion},
}
