package s3blob

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// roots are the root elements of answers in XML, by operation.
var roots = map[string]string{
	"ListObjectsV2": "ListBucketResult", "ListMultipartUploads": "ListMultipartUploadsResult", "GetObjectTagging": "Tagging",
	"GetBucketCors": "CORSConfiguration", "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
	"CopyObject": "CopyObjectResult", "UploadPartCopy": "CopyPartResult",
	"CreateMultipartUpload": "InitiateMultipartUploadResult", "CompleteMultipartUpload": "CompleteMultipartUploadResult",
}

// vendorHeaders are prefixes of headers that S3 and the stores that speak its protocol send with every answer.
var vendorHeaders = []string{"X-Amz-", "X-Minio-", "X-Oss-", "X-Goog-", "X-Guploader-", "X-Cos-", "X-Obs-", "X-Rgw-"}

// saysS3 is set in the metadata of an operation whose answer came from an S3 store beyond doubt.
type saysS3 struct{}

// checkAnswers has S3's answers proven, and bounds those of the services that give credentials (STS, SSO).
func checkAnswers(stack *middleware.Stack) error {
	check := func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
		out middleware.DeserializeOutput, metadata middleware.Metadata, err error,
	) {
		out, metadata, err = next.HandleDeserialize(ctx, in)
		response, ok := out.RawResponse.(*smithyhttp.Response)
		switch {
		case err != nil || !ok:
		case awsmiddleware.GetServiceID(ctx) == s3.ServiceID:
			err = checkAnswer(awsmiddleware.GetOperationName(ctx), response.Response)
			if looksLikeS3(response.Header) {
				metadata.Set(saysS3{}, nil)
			}
		default:
			response.Body = wire.Bounded(response.Body, wire.MaxRefusal)
		}
		return out, metadata, err
	}
	// After everything else: closest to the wire, before anything is made of the answer.
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("CheckAnswers", check), middleware.After)
}

func looksLikeS3(header http.Header) bool {
	for name := range header {
		if slices.ContainsFunc(vendorHeaders, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
			return true
		}
	}
	return false
}

func checkAnswer(operation string, response *http.Response) error {
	isHead, success := operation == "HeadObject", response.StatusCode/100 == 2
	if success && (isHead || operation == "GetObject") {
		return nil // its content type is the object's own
	}
	body, err := wire.ReadAnswer(response)
	if err != nil {
		return &smithyhttp.RequestSendError{Err: err} // the SDK repeats it, as everything that the network did
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	root := roots[operation]
	// A success without a document has no body, and some stores have no header of their own (Garage).
	// Some say nothing of an acceleration that they do not have, and to a HEAD nobody answers with a body: Head looks further.
	isBare := success && root == "" || looksLikeS3(response.Header) && (!success || operation == "GetBucketAccelerateConfiguration") ||
		isHead && response.Header.Get("Location") == ""
	return wire.Proof{Root: root, Bare: isBare}.Check(response, body)
}
