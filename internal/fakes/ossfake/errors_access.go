package ossfake

import (
	"net/http"
	"time"
)

// The refusals of a request before its operation is looked at. Codes and messages are those of
// https://www.alibabacloud.com/help/en/oss/user-guide/http-403-error-code.

func signatureDoesNotMatch(s signature, stringToSign string) *Refusal {
	r := &Refusal{
		Status: http.StatusForbidden, Code: "SignatureDoesNotMatch", EC: "0002-00000040",
		Message: "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
	}
	return r.with("OSSAccessKeyId", s.accessKey).with("SignatureProvided", s.value).with("StringToSign", stringToSign)
}

func invalidAccessKeyID(id string) *Refusal {
	return (&Refusal{
		Status: http.StatusForbidden, Code: "InvalidAccessKeyId", EC: "0002-00000902",
		Message: "The OSS Access Key Id you provided does not exist in our records.",
	}).with("OSSAccessKeyId", id)
}

// temporaryKeyWithoutToken is answered like an unknown key:
// https://www.alibabacloud.com/help/en/oss/the-the-oss-access-key-id-you-provided-does-not-exist-in-our-records-error-message-is-returned-1
// The EC has a page too, which does not name the code.
func temporaryKeyWithoutToken(id string) *Refusal {
	r := invalidAccessKeyID(id)
	r.EC = "0002-00000003"
	return r
}

// tokenOfAPermanentKey: https://www.alibabacloud.com/help/en/oss/support/0002-00000002.
func tokenOfAPermanentKey(id string) *Refusal {
	r := invalidAccessKeyID(id)
	r.EC = "0002-00000002"
	return r
}

// invalidSecurityToken: https://www.alibabacloud.com/help/en/oss/support/0002-00000006.
func invalidSecurityToken() *Refusal {
	return &Refusal{Status: http.StatusForbidden, Code: "InvalidSecurityToken", EC: "0002-00000006", Message: "The security token you provided is invalid."}
}

// securityTokenExpired: https://www.alibabacloud.com/help/en/oss/support/0002-00000007.
func securityTokenExpired() *Refusal {
	return &Refusal{Status: http.StatusForbidden, Code: "SecurityTokenExpired", EC: "0002-00000007", Message: "The security token you provided has expired."}
}

// requestTimeTooSkewed: https://www.alibabacloud.com/help/en/oss/support/0002-00000504.
func requestTimeTooSkewed(requested, now time.Time) *Refusal {
	return (&Refusal{
		Status: http.StatusForbidden, Code: "RequestTimeTooSkewed", EC: "0002-00000504",
		Message: "The difference between the request time and the current time is too large.",
	}).with("MaxAllowedSkewMilliseconds", "900000").
		with("RequestTime", requested.UTC().Format(timeInXML)).
		with("ServerTime", now.Format(timeInXML))
}

func accessDenied(ec, message string) *Refusal {
	return &Refusal{Status: http.StatusForbidden, Code: "AccessDenied", EC: ec, Message: message}
}

// anonymousDenied is the answer to a request without a signature; nothing in this server is public.
func anonymousDenied() *Refusal {
	return accessDenied("0003-00000001", "You have no right to access this object because of bucket acl.")
}

// deniedByPolicy is the answer to a RAM user without the permission. The details are from memory.
func deniedByPolicy(operation string) *Refusal {
	return accessDenied("0003-00000001", "You have no right to access this object because of bucket acl.").
		with("AccessDeniedDetail", "NoPermissionType=ImplicitDeny, AuthAction=oss:"+operation)
}

func notYourBucket(bucket string) *Refusal {
	return accessDenied("0003-00000001", "The bucket you access does not belong to you.").with("Bucket", bucket)
}

// wrongEndpoint names the endpoint that is right.
func wrongEndpoint(bucket, region string) *Refusal {
	return accessDenied("0003-00001403",
		"The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.").
		with("Bucket", bucket).with("Endpoint", "oss-"+region+".aliyuncs.com")
}

// secondLevelDomainForbidden refuses a path with a bucket on one of OSS's own hosts.
func secondLevelDomainForbidden(host string) *Refusal {
	return (&Refusal{
		Status: http.StatusForbidden, Code: "SecondLevelDomainForbidden",
		Message: "The bucket you are attempting to access must be addressed using OSS third level domain.",
	}).with("HostName", host)
}

// publicEndpointForbidden: https://www.alibabacloud.com/help/en/oss/user-guide/access-buckets-via-custom-domain-names
// has the code, the status and the EC; the message is from memory.
func publicEndpointForbidden() *Refusal {
	return &Refusal{
		Status: http.StatusBadRequest, Code: "PublicEndpointForbidden", EC: "0048-00000401",
		Message: "Public endpoint access is not allowed for data API of this bucket, please use CNAME instead.",
	}
}

// requestExpired is the answer to a signed URL after its time.
func requestExpired(expires, now time.Time) *Refusal {
	return accessDenied("0002-00000069", "Request has expired.").
		with("Expires", expires.UTC().Format(timeInXML)).
		with("ServerTime", now.Format(timeInXML))
}
