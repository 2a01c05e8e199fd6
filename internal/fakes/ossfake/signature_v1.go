package ossfake

import (
	"context"
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/signer"
)

// subResources are those that a V1 signature covers and that Alibaba's signer must be told: it knows the frequent ones by
// itself. The list is signKeyList of aliyun-oss-go-sdk v3.0.2, conn.go.
var subResources = strings.Fields(`acl uploads location cors logging website referer lifecycle delete append tagging
objectMeta uploadId partNumber security-token position img style styleName replication replicationProgress
replicationLocation cname bucketInfo comp qos live status vod startTime endTime symlink x-oss-process
response-content-type x-oss-traffic-limit response-content-language response-expires response-cache-control
response-content-disposition response-content-encoding restore callback callback-var qosInfo policy stat encryption
versions versioning versionId requestPayment x-oss-request-payer sequential inventory inventoryId continuation-token
asyncFetch worm wormId wormExtend transferAcceleration regionList cloudboxes metaQuery resourceGroup
x-oss-async-process ` + ofSDK)

// checkV1 signs the request as it came with Alibaba's own signer and compares:
// https://www.alibabacloud.com/help/en/oss/developer-reference/include-signatures-in-the-authorization-header.
func (c *call) checkV1(key Key) *Refusal {
	sig := c.signature
	request := &http.Request{Method: c.r.Method, URL: &url.URL{Path: c.r.URL.Path}, Header: c.r.Header.Clone()}
	query := url.Values{}
	for name, values := range c.query {
		query[name] = values
	}
	signing := &signer.SigningContext{
		Request:     request,
		SubResource: subResources,
		Credentials: &credentials.Credentials{AccessKeyID: key.AccessKey, AccessKeySecret: key.SecretKey, SecurityToken: sig.token},
		Time:        sig.time,
	}
	if c.address.bucket != "" {
		signing.Bucket = &c.address.bucket
		if c.address.key != "" {
			signing.Key = &c.address.key
		}
	}
	if sig.inQuery {
		signing.AuthMethodQuery = true
		signing.Time = sig.expires
		for _, added := range []string{"OSSAccessKeyId", "Expires", "Signature", "security-token"} {
			query.Del(added)
		}
	}
	request.URL.RawQuery = query.Encode()
	if err := new(signer.SignerV1).Sign(context.Background(), signing); err != nil {
		return signatureDoesNotMatch(sig, err.Error())
	}
	want := request.Header.Get("Authorization")
	got := c.r.Header.Get("Authorization")
	if sig.inQuery {
		want, got = request.URL.Query().Get("Signature"), sig.value
	}
	if subtle.ConstantTimeCompare([]byte(want), []byte(got)) != 1 {
		return signatureDoesNotMatch(sig, signing.StringToSign)
	}
	return nil
}
