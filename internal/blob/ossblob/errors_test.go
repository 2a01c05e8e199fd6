package ossblob

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/hostile"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/rest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// What codes mean, and what else is in a refusal; none of it shows what was signed.
func TestCodes(t *testing.T) {
	for i, c := range []struct {
		status     int
		code, more string // elements
		want       error  // nil: any
		words      string
	}{
		{403, "SignatureDoesNotMatch", "<StringToSign>OSS4-HMAC</StringToSign>", blob.ErrCredentials, "secret_key"},
		{403, "InvalidAccessKeyId", "<OSSAccessKeyId>LTAIx</OSSAccessKeyId>", blob.ErrCredentials, "access_key"},
		{403, "InvalidSecurityToken", "", blob.ErrCredentials, "security_token"},
		{403, "SecurityTokenExpired", "", blob.ErrCredentials, "expired"},
		{403, "RequestTimeTooSkewed", "", blob.ErrCredentials, "clock"},
		{403, "AccessDenied", "<EC>0002-00000080</EC>", blob.ErrCredentials, `"v4"`},
		{403, "AccessDenied", "<EC>0002-00000034</EC>", blob.ErrCredentials, `"v4"`},
		{403, "AccessDenied", "<Endpoint>oss-eu-central-1.aliyuncs.com</Endpoint>", blob.ErrWrongRegion, `region = "eu-central-1"`},
		{403, "AccessDenied", "<Message>The bucket you access does not belong to you.</Message>", fs.ErrPermission, "another account"},
		{403, "AccessDenied", "<AccessDeniedDetail><AuthAction>oss:GetObject</AuthAction></AccessDeniedDetail>", fs.ErrPermission, "refuses oss:GetObject. Needed:"},
		{403, "AccessDenied", "", fs.ErrPermission, "Needed: oss:"},
		{400, "InvalidArgument", "<Message>Invalid signing region in the header, expected 'eu-central-1'</Message>", blob.ErrWrongRegion, `region = "eu-central-1"`},
		{301, "Redirected", "<Endpoint>data.example.com</Endpoint>", blob.ErrWrongRegion, `endpoint = "https://data.example.com"`},
		{403, "UserDisable", "<EC>0003-00000801</EC>", fs.ErrPermission, "bill, (EC 0003-00000801)"},
		{403, "InDebt", "", fs.ErrPermission, "bill"},
		{403, "InvalidObjectState", "<EC>0016-00000502</EC>", fs.ErrPermission, "restore"},
		{400, "KmsServiceNotEnabled", "", fs.ErrPermission, "KMS is not enabled"},
		{400, "KmsSomethingElse", "", nil, "KMS key"},
		{403, "SecondLevelDomainForbidden", "<EC>0048-00000002</EC>", fs.ErrPermission, "use_path_style"},
		{403, "PublicEndpointForbidden", "", fs.ErrPermission, "use_cname"},
		{403, "CnameDenied", "", fs.ErrPermission, "bound to a bucket of somebody else"},
		{409, "FileImmutable", "", fs.ErrPermission, "WORM"},
		{409, "TransferAccAlreadyInUse", "", nil, "replication"},
		{500, "InternalError", "", blob.ErrUnreachable, "later"},
		{501, "NotImplemented", "", errors.ErrUnsupported, ""},
		{405, "MethodNotAllowed", "", errors.ErrUnsupported, ""},
		{404, "NoSuchBucket", "", blob.ErrNoBucket, "create the bucket"},
	} {
		t.Run(fmt.Sprint(i, c.code), func(t *testing.T) {
			errs := vendor.Every(t.Context(), vendor.Answering(t, refusal(c.status, "<Code>"+c.code+"</Code>"+c.more)))
			if c.want == nil || strings.Contains(c.more, "Endpoint") {
				delete(errs, "TryAcceleration") // to which these say that it is off
			}
			vendor.ExpectAll(t, errs, c.want, append(strings.Split(c.words, ", "), c.code, "(request R1)", "oss://acme")...)
		})
	}
	// A refusal of a copy or a completion may come after its 200.
	errs := vendor.Every(t.Context(), vendor.Answering(t, refusal(200, "<Code>InternalError</Code>")))
	vendor.ExpectAll(t, map[string]error{"complete": errs["CompleteMultipartUpload"], "copy": errs["UploadPartCopy"]}, blob.ErrUnreachable, "InternalError")
	// To a HEAD comes the status alone where its header holds no reason.
	for _, header := range []string{genuine, genuine + "\r\nx-oss-err: no base64 !"} {
		if _, err := vendor.Answering(t, hostile.Answer{Status: 404, Header: header}).Head(t.Context(), "key"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", header, err)
		}
	}
	for code, status := range map[string]int{"QpsLimitExceeded": 503, "ServiceUnavailable": 503, "DownloadTrafficRateLimitExceeded": 503, "SoonAgain": 429} {
		if refused := refusalOf(rest.Request{}, &http.Response{StatusCode: status}, []byte("<Error><Code>"+code+"</Code></Error>")); !refused.Throttled {
			t.Errorf("%s: %+v", code, refused)
		}
	}
}

// Each operation says which permission it lacks; an ACL that nobody may see is not kept.
func TestPermissions(t *testing.T) {
	b := startBehind(t, nil)
	for permission, operations := range map[string]string{
		"oss:GetObject on":     "HeadObject GetObject UploadPartCopy",
		"oss:ListObjects on":   "ListObjectsV2",
		"oss:PutObject on":     "PutObject InitiateMultipartUpload UploadPart CompleteMultipartUpload",
		"oss:PutObjectTagging": "CopyObject",
		"oss:ITSELF on": "GetObjectTagging DeleteObject ListMultipartUploads AbortMultipartUpload GetBucketCors PutBucketCors DeleteBucketCors " +
			"GetBucketTransferAcceleration PutBucketTransferAcceleration",
		"": "GetObjectACL",
	} {
		for _, operation := range strings.Fields(operations) {
			permission := strings.Replace(permission, "ITSELF", operation, 1)
			config := b.setup.Config
			config.AccessKey, config.SecretKey = "poor", secret
			b.server.AddKey(ossfake.Key{AccessKey: "poor", SecretKey: secret, Denied: []string{operation}})
			b.server.Put(b.bucket, "dir/key", []byte("data"), nil)
			store := newStore(t, config, b.bucket)
			errs := vendor.Every(t.Context(), under(store))
			_, errs["large"] = blobtest.Put(t, store, "large", blobtest.SomeBytes(large), blob.Cond{})
			lacks := 0
			for _, err := range errs {
				var failure *blob.Error
				if errors.Is(err, fs.ErrPermission) && errors.As(err, &failure) {
					if lacks++; failure.Op != operation || !strings.Contains(failure.Advice, permission) {
						t.Errorf("%s: %v (%s)", operation, err, failure.Advice)
					}
				}
			}
			if (lacks > 0) != (permission != "") {
				t.Errorf("%s: %d failures", operation, lacks)
			}
		}
	}
}
