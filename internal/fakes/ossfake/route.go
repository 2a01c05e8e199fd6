package ossfake

import (
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// address is what a request is for.
type address struct {
	bucket, key string
	region      string // that the host names; "" of an acceleration endpoint
	cname       bool   // by a host that is bound to the bucket
	secondLevel bool   // a bucket in the path below one of OSS's own hosts
}

// addressOf reads the bucket from the host, or from the path where the host is an IP address, as both SDKs send it. The
// caller holds the lock.
func (s *Server) addressOf(r *http.Request, endpoint *Endpoint) address {
	host := strings.ToLower(r.Host)
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	path := strings.TrimPrefix(r.URL.Path, "/")
	if bucket, ok := s.cnames[host]; ok {
		return address{bucket: bucket, key: path, region: s.Region, cname: true}
	}
	if net.ParseIP(host) != nil || host == "localhost" {
		bucket, key, _ := strings.Cut(path, "/")
		if bucket == "" {
			key = path // "//key" names no bucket, and is not the service either
		}
		return address{bucket: bucket, key: key, region: s.Region}
	}
	a := address{region: s.Region}
	service := host
	if label, rest, _ := strings.Cut(host, "."); rest == "localhost" || strings.HasSuffix(rest, ".aliyuncs.com") || !isServiceHost(host) {
		a.bucket, a.key, service = label, path, rest
	}
	switch {
	case strings.HasPrefix(service, "oss-accelerate"):
		*endpoint, a.region = Accelerated, ""
	case isServiceHost(service):
		a.region = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSuffix(service, ".aliyuncs.com"), "oss-"), "-internal")
	}
	a.secondLevel = a.bucket == "" && path != ""
	return a
}

// isServiceHost is true of oss-cn-hangzhou.aliyuncs.com and its like.
func isServiceHost(host string) bool {
	return strings.HasPrefix(host, "oss-") && strings.HasSuffix(host, ".aliyuncs.com")
}

// queryOf keeps a name without "=" and does not drop what url.Values drops: "a;b".
func queryOf(r *http.Request) url.Values {
	values := url.Values{}
	for part := range strings.SplitSeq(r.URL.RawQuery, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		if decoded, err := url.QueryUnescape(name); err == nil {
			name = decoded
		}
		if decoded, err := url.QueryUnescape(value); err == nil {
			value = decoded
		}
		values[name] = append(values[name], value)
	}
	return values
}

// choice is an operation with what must be in the query for it. Of several the first one wins.
type choice struct{ query, operation string }

var ofService = map[string][]choice{
	http.MethodGet: {{"", "ListBuckets"}},
}

var ofBucket = map[string][]choice{
	http.MethodGet: {
		{"cors", "GetBucketCors"},
		{"transferAcceleration", "GetBucketTransferAcceleration"},
		{"bucketInfo", "GetBucketInfo"},
		{"location", "GetBucketLocation"},
		{"versioning", "GetBucketVersioning"},
		{"acl", "GetBucketAcl"},
		{"uploads", "ListMultipartUploads"},
		{"versions", "ListObjectVersions"},
		{"list-type", "ListObjectsV2"},
		{"", "ListObjects"},
	},
	http.MethodPut: {
		{"cors", "PutBucketCors"},
		{"transferAcceleration", "PutBucketTransferAcceleration"},
		{"versioning", "PutBucketVersioning"},
		{"", "PutBucket"},
	},
	http.MethodDelete: {{"cors", "DeleteBucketCors"}, {"", "DeleteBucket"}},
	http.MethodPost:   {{"delete", "DeleteMultipleObjects"}},
}

var ofObject = map[string][]choice{
	http.MethodGet: {
		{"acl", "GetObjectACL"},
		{"tagging", "GetObjectTagging"},
		{"uploadId", "ListParts"},
		{"", "GetObject"},
	},
	http.MethodHead: {{"objectMeta", "GetObjectMeta"}, {"", "HeadObject"}},
	http.MethodPut: {
		{"partNumber", "UploadPart"},
		{"uploadId", "UploadPart"},
		{"acl", "PutObjectACL"},
		{"tagging", "PutObjectTagging"},
		{"", "PutObject"},
	},
	http.MethodPost:   {{"uploads", "InitiateMultipartUpload"}, {"uploadId", "CompleteMultipartUpload"}},
	http.MethodDelete: {{"uploadId", "AbortMultipartUpload"}, {"tagging", "DeleteObjectTagging"}, {"", "DeleteObject"}},
}

// foreign are sub-resources that OSS has and this fake has not. Without this list a GetBucketPolicy were a listing.
var foreign = setOf(`append callback cname encryption inventory lifecycle live logging metaQuery policy policyStatus
publicAccessBlock referer replication requestPayment resourceGroup restore stat style symlink website worm x-oss-process
x-oss-async-process accessmonitor regions`, ofSDK)

// ofSDK are those that Alibaba's SDK v2 signs with V1, and that its signer must be told.
const ofSDK = `accessPoint accessPointConfigForObjectProcess accessPointForObjectProcess accessPointPolicy
accessPointPolicyForObjectProcess agenticBucket bucketArchiveDirectRead cleanRestoredObject httpsConfig legalHold
metadataConfiguration metadataInventoryTable metadataJournalTable objectWorm overwriteConfig publicAccessBlock policyStatus
quota redundancyTransition retention rtc seal userDefinedLogFieldsConfig wormId wormExtend inventoryId replicationLocation
replicationProgress styleName x-oss-write-get-object-response`

// selectors are the names by which operations are told apart. One that has no operation in a table makes it another one,
// which this fake has not: without that a DeleteBucketTags were a DeleteBucket.
var selectors = func() map[string]bool {
	names := maps.Clone(foreign)
	for _, table := range []map[string][]choice{ofBucket, ofObject} {
		for _, choices := range table {
			for _, c := range choices {
				if c.query != "" {
					names[c.query] = true
				}
			}
		}
	}
	return names
}()

func setOf(lists ...string) map[string]bool {
	set := map[string]bool{}
	for _, list := range lists {
		for name := range strings.FieldsSeq(list) {
			set[name] = true
		}
	}
	return set
}

// operationOf names the operation in OSS's words; "" where OSS has none or this fake has it not.
func operationOf(r *http.Request, query url.Values, a address) string {
	if r.Method == http.MethodOptions {
		return "OptionObject"
	}
	table := ofObject
	switch {
	case a.bucket == "" && a.key != "":
		return ""
	case a.bucket == "":
		table = ofService
	case a.key == "":
		table = ofBucket
	}
	for name := range query {
		if selectors[name] && !slices.ContainsFunc(table[r.Method], func(c choice) bool { return c.query == name }) {
			return ""
		}
	}
	for _, c := range table[r.Method] {
		if c.query != "" && !query.Has(c.query) {
			continue
		}
		if r.Header.Get("X-Oss-Copy-Source") != "" {
			switch c.operation {
			case "PutObject":
				return "CopyObject"
			case "UploadPart":
				return "UploadPartCopy"
			}
		}
		return c.operation
	}
	return ""
}
