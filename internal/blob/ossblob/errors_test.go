package ossblob

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/hostile"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/rest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// What OSS answers to keys, clocks, buckets and endpoints that are wrong.
func TestTheFakeServerRefuses(t *testing.T) {
	server := ossfake.Start(t, ossfake.Options{})
	for bucket, options := range map[string]ossfake.BucketOptions{
		"acme-flink": {}, "elsewhere": {Region: "eu-central-1"}, "foreign": {OwnedByOther: true},
	} {
		server.CreateBucketNamed(bucket, options)
	}
	server.AddKey(ossfake.Key{AccessKey: "STS.good", SecretKey: secret, SecurityToken: secret})
	server.AddKey(ossfake.Key{AccessKey: "STS.old", SecretKey: secret, SecurityToken: secret, Expires: time.Now().Add(-time.Hour)})
	session := func(key, token string) func(c *Config) {
		return func(c *Config) { c.AccessKey, c.SecretKey, c.SecurityToken = key, secret, token }
	}
	for name, c := range map[string]struct {
		bucket string // "": a good one
		change func(c *Config)
		clock  time.Duration
		want   error
		words  []string
	}{
		"a wrong secret":         {change: func(c *Config) { c.SecretKey = secret }, want: blob.ErrCredentials, words: []string{"SignatureDoesNotMatch", "secret_key"}},
		"a wrong secret, V1":     {change: func(c *Config) { c.SecretKey, c.SignatureVersion = secret, SignatureV1 }, want: blob.ErrCredentials, words: []string{"SignatureDoesNotMatch", "secret_key"}},
		"an unknown key":         {change: func(c *Config) { c.AccessKey = "LTAIunknown" }, want: blob.ErrCredentials, words: []string{"InvalidAccessKeyId", "access_key"}},
		"a token of another key": {change: func(c *Config) { c.SecurityToken = secret }, want: blob.ErrCredentials, words: []string{"InvalidAccessKeyId", "access_key"}},
		"a wrong token":          {change: session("STS.good", "wrong"), want: blob.ErrCredentials, words: []string{"InvalidSecurityToken", "security_token"}},
		"an expired token":       {change: session("STS.old", secret), want: blob.ErrCredentials, words: []string{"SecurityTokenExpired", "expired"}},
		"a wrong clock":          {clock: time.Hour, want: blob.ErrCredentials, words: []string{"RequestTimeTooSkewed", "clock"}},
		"no bucket":              {bucket: "absent-bucket", want: blob.ErrNoBucket, words: []string{"NoSuchBucket", "bucket's name"}},
		"a wrong endpoint":       {bucket: "elsewhere", want: blob.ErrWrongRegion, words: []string{"AccessDenied", `region = "eu-central-1"`}},
		"another account's":      {bucket: "foreign", want: fs.ErrPermission, words: []string{"AccessDenied", "another account"}},
		"a wrong region":         {change: func(c *Config) { c.Region = "cn-beijing" }, want: blob.ErrWrongRegion, words: []string{`region = "cn-hangzhou"`}},
	} {
		t.Run(name, func(t *testing.T) {
			server.SetClock(c.clock)
			config, bucket := configFor(server), c.bucket
			if c.change != nil {
				c.change(&config)
			}
			if bucket == "" {
				bucket = "acme-flink"
			}
			errs := every(t, newStore(t, config, bucket))
			delete(errs, "TryAcceleration") // which has meanings of its own
			for operation, err := range errs {
				var failure *blob.Error
				if errors.As(err, &failure) && (failure.RequestID == "" || !strings.Contains(failure.Message, "(EC 00")) {
					t.Errorf("%s: no number to look up, or no request: %v", operation, err)
				}
			}
			vendor.ExpectAll(t, errs, c.want, append(c.words, "oss://"+bucket)...)
		})
	}
}

// What codes mean that the fake does not give.
func TestCodes(t *testing.T) {
	for reason, c := range map[string]struct {
		status int
		want   error // nil: any
		word   string
	}{
		"UserDisable 0003-00000801":                {403, fs.ErrPermission, "bill"},
		"InDebt":                                   {403, fs.ErrPermission, "bill"},
		"InvalidObjectState 0016-00000502":         {403, fs.ErrPermission, "restore"},
		"KmsServiceNotEnabled":                     {400, fs.ErrPermission, "KMS"},
		"AccessDenied 0002-00000080":               {403, blob.ErrCredentials, `"v4"`},
		"AccessDenied 0002-00000034":               {403, blob.ErrCredentials, `"v4"`},
		"SecondLevelDomainForbidden 0048-00000002": {403, fs.ErrPermission, "use_path_style"},
		"PublicEndpointForbidden":                  {403, fs.ErrPermission, "use_cname"},
		"FileImmutable":                            {409, fs.ErrPermission, "WORM"},
		"CnameDenied":                              {403, fs.ErrPermission, "bound to a bucket of somebody else"},
		"InternalError":                            {500, blob.ErrUnreachable, "later"},
		"AccessDenied  oss:GetObject":              {403, fs.ErrPermission, "RAM refuses oss:GetObject. Needed: oss:"},
		"NotImplemented":                           {501, errors.ErrUnsupported, ""},
		"MethodNotAllowed":                         {405, errors.ErrUnsupported, ""},
		"TransferAccAlreadyInUse":                  {409, nil, "replication"},
		"KmsSomethingElse":                         {400, nil, "KMS key"},
		"NoSuchBucket":                             {404, blob.ErrNoBucket, "create the bucket"},
	} {
		t.Run(reason, func(t *testing.T) {
			said := append(strings.Split(reason, " "), "", "")
			store := vendor.Answering(t, refusal(c.status, fmt.Sprintf("<Code>%s</Code><Message>words of OSS</Message><EC>%s</EC><OSSAccessKeyId>LTAIx</OSSAccessKeyId>"+
				"<AccessDeniedDetail><AuthAction>%s</AuthAction></AccessDeniedDetail>", said[0], said[1], said[2])))
			errs := vendor.Every(t.Context(), store)
			if strings.HasPrefix(reason, "TransferAcc") {
				delete(errs, "TryAcceleration") // to which it says that it is off
			}
			vendor.ExpectAll(t, errs, c.want, c.word, said[0], "words of OSS", said[1])
		})
	}
	// A refusal of a copy or a completion may come after its 200.
	errs := vendor.Every(t.Context(), vendor.Answering(t, refusal(200, "<Code>InternalError</Code>")))
	for _, operation := range []string{"CompleteMultipartUpload", "UploadPartCopy", "List", "CORS"} {
		vendor.ExpectAll(t, map[string]error{operation: errs[operation]}, blob.ErrUnreachable, "InternalError")
	}
	// To a HEAD comes the status alone where its header holds no reason.
	for _, header := range []string{genuine, genuine + "\r\nx-oss-err: no base64 !"} {
		if _, err := vendor.Answering(t, hostile.Answer{Status: 404, Header: header}).Head(t.Context(), "key"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", header, err)
		}
	}
	for _, code := range []string{"QpsLimitExceeded", "ServiceUnavailable", "DownloadTrafficRateLimitExceeded"} {
		refused := refusalOf(rest.Request{}, &http.Response{StatusCode: http.StatusServiceUnavailable}, []byte("<Error><Code>"+code+"</Code></Error>"))
		tooMany := refusalOf(rest.Request{}, &http.Response{StatusCode: http.StatusTooManyRequests}, nil)
		if !refused.Throttled || !tooMany.Throttled {
			t.Errorf("%s: %+v, %+v", code, refused, tooMany)
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
			errs := every(t, store)
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
