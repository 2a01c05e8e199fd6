package ossfake

import (
	"fmt"
	"net/http"
	"strconv"
)

// The refusals of an operation. Where no source is named, the code and the message are those of
// https://www.alibabacloud.com/help/en/oss/support/http-400-status-code and its sisters, and the EC is "" where no page with it was found.

func refusal(status int, code, ec, message string) *Refusal {
	return &Refusal{Status: status, Code: code, EC: ec, Message: message}
}

func noSuchBucket(bucket string) *Refusal {
	return refusal(http.StatusNotFound, "NoSuchBucket", "0015-00000101", "The specified bucket does not exist.").with("BucketName", bucket)
}

func noSuchKey(key string) *Refusal {
	return refusal(http.StatusNotFound, "NoSuchKey", "0026-00000001", "The specified key does not exist.").with("Key", key)
}

func noSuchVersion(key, id string) *Refusal {
	return refusal(http.StatusNotFound, "NoSuchVersion", "", "The specified version does not exist.").with("Key", key).with("VersionId", id)
}

// noSuchUpload has an EC for each operation; all are those that the integration tests of SDK v2 see.
func noSuchUpload(operation, id string) *Refusal {
	ec := "0042-00000002"
	switch operation {
	case "UploadPart":
		ec = "0042-00000104"
	case "UploadPartCopy":
		ec = "0042-00000311"
	}
	return refusal(http.StatusNotFound, "NoSuchUpload", ec,
		"The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.").with("UploadId", id)
}

// The ECs of FileAlreadyExists. Each has a page but that of InitiateMultipartUpload, which is not known.
const (
	existsForPut      = "0026-00000002" // and for CopyObject
	existsForInitiate = ""
	existsForComplete = "0042-00000214"
)

func fileAlreadyExists(ec string) *Refusal {
	return refusal(http.StatusConflict, "FileAlreadyExists", ec, "The object you specified already exists and can not be overwritten.")
}

func preconditionFailed(header string) *Refusal {
	return refusal(http.StatusPreconditionFailed, "PreconditionFailed", "",
		"At least one of the pre-conditions you specified did not hold.").with("Condition", header)
}

func notModified() *Refusal { return refusal(http.StatusNotModified, "NotModified", "", "") }

func invalidArgument(name, value, message string) *Refusal {
	return refusal(http.StatusBadRequest, "InvalidArgument", "", message).with("ArgumentName", name).with("ArgumentValue", value)
}

func invalidDigest() *Refusal {
	return refusal(http.StatusBadRequest, "InvalidDigest", "", "The Content-MD5 you specified was invalid.")
}

// badContentHash is the answer to any other value than UNSIGNED-PAYLOAD, the hash of the body too:
// https://www.alibabacloud.com/help/en/oss/support/0002-00000214.
func badContentHash(value string) *Refusal {
	return malformedV4("0002-00000214", "x-oss-content-sha256", value)
}

func malformedXML(why string) *Refusal {
	return refusal(http.StatusBadRequest, "MalformedXML", "", "The XML you provided was not well-formed or did not validate against our published schema.").
		with("ErrorDetail", why)
}

func invalidBucketName(name string) *Refusal {
	return refusal(http.StatusBadRequest, "InvalidBucketName", "", "The specified bucket is not valid.").with("BucketName", name)
}

func invalidObjectName(key string) *Refusal {
	return refusal(http.StatusBadRequest, "InvalidObjectName", "", "The specified object is not valid.").with("ObjectName", key)
}

func methodNotAllowed(method string) *Refusal {
	return refusal(http.StatusMethodNotAllowed, "MethodNotAllowed", "", "The specified method is not allowed against this resource.").
		with("Method", method)
}

func missingContentLength() *Refusal {
	return refusal(http.StatusLengthRequired, "MissingContentLength", "", "You must provide the Content-Length HTTP header.")
}

func incompleteBody() *Refusal {
	return refusal(http.StatusBadRequest, "IncompleteBody", "", "The request body is incomplete.")
}

func metadataTooLarge() *Refusal {
	return refusal(http.StatusBadRequest, "InvalidArgument", "", fmt.Sprintf("The size of user meta data should not exceed %d bytes.", maxMetadata))
}

func entityTooLarge(size, limit int64) *Refusal {
	return refusal(http.StatusBadRequest, "EntityTooLarge", "", "Your proposed upload exceeds the maximum allowed object size.").
		with("MaxSizeAllowed", strconv.FormatInt(limit, 10)).with("ProposedSize", strconv.FormatInt(size, 10))
}

func copyTooLarge(size, limit int64) *Refusal {
	return refusal(http.StatusBadRequest, "EntityTooLarge", "", "The specified copy source is larger than the maximum allowable size for a copy source.").
		with("MaxSizeAllowed", strconv.FormatInt(limit, 10)).with("ProposedSize", strconv.FormatInt(size, 10))
}

func entityTooSmall(size int64, part int, etag string) *Refusal {
	return refusal(http.StatusBadRequest, "EntityTooSmall", "0042-00000213", "Your proposed upload smaller than the minimum allowed size.").
		with("MinSizeAllowed", strconv.Itoa(minPart)).with("ProposedSize", strconv.FormatInt(size, 10)).
		with("PartNumber", strconv.Itoa(part)).with("ETag", etag)
}

func invalidPart(upload string, part int, etag string) *Refusal {
	return refusal(http.StatusBadRequest, "InvalidPart", "",
		"One or more of the specified parts could not be found or the specified entity tag might not have matched the part's entity tag.").
		with("UploadId", upload).with("PartNumber", strconv.Itoa(part)).with("ETag", etag)
}

func invalidPartOrder(upload string) *Refusal {
	return refusal(http.StatusBadRequest, "InvalidPartOrder", "0042-00000209",
		"The list of parts was not in ascending order. The parts list must be specified in order by part number.").with("UploadId", upload)
}

func bucketNotEmpty(bucket string) *Refusal {
	return refusal(http.StatusConflict, "BucketNotEmpty", "0015-00000301", "The bucket has objects. Please delete them first.").with("BucketName", bucket)
}

func bucketAlreadyExists(bucket string) *Refusal {
	return refusal(http.StatusConflict, "BucketAlreadyExists", "0015-00000104",
		"The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.").
		with("BucketName", bucket)
}

func noSuchCORS(bucket string) *Refusal {
	return refusal(http.StatusNotFound, "NoSuchCORSConfiguration", "0034-00000001", "The CORS Configuration does not exist.").with("BucketName", bucket)
}

// fakeIsFull is this server's own: OSS has no such limit.
func fakeIsFull(limit int64) *Refusal {
	return refusal(http.StatusBadRequest, "FakeIsFull", "", fmt.Sprintf("This is a fake of OSS that holds objects in memory, %d bytes at most.", limit))
}

// notInTheFake is this server's own answer to what it does not do.
func notInTheFake(what string) *Refusal {
	return refusal(http.StatusNotImplemented, "NotImplemented", "", "This is a fake of OSS. It has not: "+what)
}
