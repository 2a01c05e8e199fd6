package ossblob

import (
	"errors"
	"io/fs"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// permissions are what a caller needs in RAM's words, by operation (API reference, "Permissions" of each).
var permissions = map[string]string{
	"HeadObject":                    "oss:GetObject on the object, and oss:ListObjects on the bucket so that an absent object can be told from a forbidden one",
	"GetObject":                     "oss:GetObject on the object, and oss:ListObjects on the bucket so that an absent object can be told from a forbidden one",
	"ListObjectsV2":                 "oss:ListObjects on the bucket",
	"PutObject":                     "oss:PutObject on the object, and kms:GenerateDataKey and kms:Decrypt if it is encrypted with KMS",
	"InitiateMultipartUpload":       "oss:PutObject on the object, and kms:GenerateDataKey and kms:Decrypt if it is encrypted with KMS",
	"UploadPart":                    "oss:PutObject on the object, and kms:GenerateDataKey and kms:Decrypt if it is encrypted with KMS",
	"CompleteMultipartUpload":       "oss:PutObject on the object",
	"AbortMultipartUpload":          "oss:AbortMultipartUpload on the object",
	"ListMultipartUploads":          "oss:ListMultipartUploads on the bucket",
	"CopyObject":                    "oss:GetObject, oss:PutObject, oss:GetObjectTagging and oss:PutObjectTagging on the object, and oss:PutObjectAcl if it has an ACL of its own",
	"UploadPartCopy":                "oss:GetObject on the object that is copied, and oss:PutObject on the copy",
	"GetObjectTagging":              "oss:GetObjectTagging on the object",
	"GetObjectACL":                  "oss:GetObjectAcl on the object",
	"DeleteObject":                  "oss:DeleteObject on the object",
	"GetBucketCors":                 "oss:GetBucketCors on the bucket",
	"PutBucketCors":                 "oss:PutBucketCors on the bucket",
	"DeleteBucketCors":              "oss:DeleteBucketCors on the bucket",
	"GetBucketTransferAcceleration": "oss:GetBucketTransferAcceleration on the bucket",
	"PutBucketTransferAcceleration": "oss:PutBucketTransferAcceleration on the bucket",
}

// throttled are the codes by which OSS says that it did nothing as there was too much to do ("Error codes" by status, and the pages of the EC
// numbers), and that the request may be sent again.
var throttled = []string{
	"ServiceUnavailable", "SlowDown", "SlowRequest", "TooManyRequests", "RequestLimitExceeded", "FrequencyLimitExceeded", "Throttling",
	"QpsLimitExceeded", "TotalQpsLimitExceeded", "MetaOperationQpsLimitExceeded", "DownloadQpsLimitExceeded", "UploadQpsLimitExceeded",
	"DownloadTrafficRateLimitExceeded", "UploadTrafficRateLimitExceeded", "ActiveRequestLimitExceeded",
}

const (
	garbled        = "Nothing was published: OSS received other bytes than those that were hashed. Look for a proxy that changes bodies, then run again."
	ended          = "The upload ended meanwhile: a rule of the bucket's life cycle or somebody else aborted it, or it is complete and the answer that said so was lost. Plan again to see which object exists now."
	clock          = "The clock of this machine is wrong by more than the 15 minutes that OSS tolerates: set it."
	token          = "Check security_token, ALIBABA_CLOUD_SECURITY_TOKEN and OSS_SESSION_TOKEN: the token belongs to one access key, and a temporary key is of no use without its token."
	arrears        = "The account owes money, or is disabled: settle the bill in Alibaba Cloud's console."
	region         = "Set region in the provider's oss block to that of the bucket, as the request was signed for another one."
	noAcceleration = "The bucket's region has no transfer acceleration: leave flink_transfer_acceleration out, or have Alibaba Cloud's support open it."
	cname          = "Accounts made since 2025-03-20 reach the data of buckets in mainland China at a domain of their own only. Bind one to the bucket (CNAME), and set endpoint to it and use_cname = true; or use_internal_endpoint = true where this runs inside Alibaba Cloud."
)

// meanings are by EC, which says more, and by code ("HTTP status code 403" and its like in OSS's troubleshooting guide).
var meanings = map[string]wire.Meaning{
	"0002-00000080": {Err: blob.ErrCredentials, Advice: `OSS no longer takes V1 signatures from this account or bucket: leave signature_version out, or set it to "v4".`},
	"0002-00000034": {Err: blob.ErrCredentials, Advice: `OSS takes V4 signatures only here: leave signature_version out, or set it to "v4".`},
	"0002-00000226": {Err: blob.ErrWrongRegion, Advice: region},
	"0002-00000228": {Err: blob.ErrWrongRegion, Advice: region},
	"0028-00000001": {Err: errors.ErrUnsupported, Advice: noAcceleration}, // https://www.alibabacloud.com/help/en/oss/support/0028-00000001
	"0028-00000004": {Err: errors.ErrUnsupported, Advice: noAcceleration}, // and 0028-00000004: it was never set
	"0048-00000401": {Err: fs.ErrPermission, Advice: cname},

	"NoSuchKey":             {Err: fs.ErrNotExist},
	"NotFound":              {Err: fs.ErrNotExist},
	"NoSuchUpload":          {Err: blob.ErrChanged, Advice: ended},
	"NoSuchVersion":         {Err: fs.ErrNotExist},
	"SymlinkTargetNotExist": {Err: fs.ErrNotExist},
	"NoSuchBucket":          {Err: blob.ErrNoBucket, Advice: "Check the bucket's name, region and endpoint, or create the bucket."},
	"FileAlreadyExists":     {Err: fs.ErrExist},
	"ObjectAlreadyExists":   {Err: fs.ErrExist},
	"InvalidRange":          {Advice: "The object ends before the requested range."},

	"InvalidAccessKeyId":                  {Err: blob.ErrCredentials, Advice: "OSS does not know this access key, or it is disabled, or a temporary one without its token: check access_key, security_token, the profile and ALIBABA_CLOUD_ACCESS_KEY_ID."},
	"SignatureDoesNotMatch":               {Err: blob.ErrCredentials, Advice: "The secret key does not belong to the access key (check secret_key and ALIBABA_CLOUD_ACCESS_KEY_SECRET), region is not the bucket's, or a proxy changes requests on the way."},
	"SecurityTokenExpired":                {Err: blob.ErrCredentials, Advice: "The session has expired: sign in again, or renew the token."},
	"InvalidSecurityToken":                {Err: blob.ErrCredentials, Advice: token},
	"SecurityTokenNotSupported":           {Err: blob.ErrCredentials, Advice: token},
	"AccessKeyIdAndSecurityTokenNotMatch": {Err: blob.ErrCredentials, Advice: token},
	"RequestTimeTooSkewed":                {Err: blob.ErrCredentials, Advice: clock},
	"RequestExpired":                      {Err: blob.ErrCredentials, Advice: clock},

	"AccessDenied":               {Err: fs.ErrPermission},
	"BucketNotBelongTo":          {Err: fs.ErrPermission, Advice: "The bucket is of another account, as bucket names are shared by all: check base_uri, or use credentials of that account."},
	"PublicEndpointForbidden":    {Err: fs.ErrPermission, Advice: cname},
	"SecondLevelDomainForbidden": {Err: fs.ErrPermission, Advice: "OSS wants the bucket in the host name: leave use_path_style out."},
	"CnameDenied":                {Err: fs.ErrPermission, Advice: "The domain in endpoint is bound to a bucket of somebody else: check endpoint and use_cname."},
	"NoSuchCnameInRecord":        {Err: fs.ErrPermission, Advice: "The domain in endpoint is not bound to the bucket: bind it in OSS's console, or check endpoint and use_cname."},
	"UserDisable":                {Err: fs.ErrPermission, Advice: arrears},
	"InDebt":                     {Err: fs.ErrPermission, Advice: arrears},
	"InDebtOverdue":              {Err: fs.ErrPermission, Advice: arrears},
	"AbnormalBucketOwnerStatus":  {Err: fs.ErrPermission, Advice: arrears},
	"BucketDisable":              {Err: fs.ErrPermission, Advice: "Alibaba Cloud has disabled the bucket: ask its support."},
	"CORSRuleBeyondLimit":        {Err: errors.ErrUnsupported, Advice: "The bucket has as many CORS rules as OSS allows: remove one that nobody needs."},
	"InvalidObjectState":         {Err: fs.ErrPermission, Advice: "The object is archived: restore it first, or choose a storage class that can be read at once."},
	"FileImmutable":              {Err: fs.ErrPermission, Advice: "A retention policy (WORM) of the bucket protects the object."},
	"KmsServiceNotEnabled":       {Err: fs.ErrPermission, Advice: "KMS is not enabled in this region, and the object is to be encrypted with it."},

	"InternalError":    {Err: blob.ErrUnreachable, Advice: "OSS failed, although the request was repeated where that does no harm. Try again later."},
	"RequestTimeout":   {Err: blob.ErrUnreachable, Advice: "OSS waited too long for the request: look for what slows the connection down, or try again later."},
	"NotImplemented":   {Err: errors.ErrUnsupported, Advice: "OSS cannot do that here."},
	"MethodNotAllowed": {Err: errors.ErrUnsupported, Advice: "OSS does not allow that here."},

	"NoSuchTransferAccelerationConfiguration": {Err: errors.ErrUnsupported, Advice: noAcceleration},
	"TransferAccelerationDisabled":            {Err: errors.ErrUnsupported, Advice: noAcceleration},

	"InvalidBucketName":       {Advice: "Check the bucket's name: lower-case letters, digits and hyphens, 3 to 63 of them."},
	"InvalidObjectName":       {Advice: "Check the name: 1 to 1023 bytes of UTF-8, not beginning with / or \\."},
	"EntityTooLarge":          {Advice: "OSS takes no object of this size."},
	"InvalidDigest":           {Err: blob.ErrSourceChanged, Advice: garbled},
	"BadDigest":               {Err: blob.ErrSourceChanged, Advice: garbled},
	"TransferAccAlreadyInUse": {Advice: "Cross-region replication uses the bucket's acceleration: end the replication first."},
}
