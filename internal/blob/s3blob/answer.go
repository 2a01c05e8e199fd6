package s3blob

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// xmlRoots are the operations that answer in XML, and the root elements that prove it.
var xmlRoots = map[string]string{
	"ListObjectsV2":        "ListBucketResult",
	"ListMultipartUploads": "ListMultipartUploadsResult",
	"GetBucketCors":        "CORSConfiguration",

	"GetBucketAccelerateConfiguration": "AccelerateConfiguration",

	"GetObjectTagging":        "Tagging",
	"CopyObject":              "CopyObjectResult",
	"UploadPartCopy":          "CopyPartResult",
	"CreateMultipartUpload":   "InitiateMultipartUploadResult",
	"CompleteMultipartUpload": "CompleteMultipartUploadResult",
}

// vendorHeaders are prefixes of headers that S3 and the stores that speak its protocol send with every answer.
var vendorHeaders = []string{"X-Amz-", "X-Minio-", "X-Oss-", "X-Goog-", "X-Guploader-", "X-Cos-", "X-Obs-", "X-Rgw-"}

// saysS3 is set in the metadata of an operation whose answer came from an S3 store beyond doubt.
type saysS3 struct{}

func addAnswerCheck(stack *middleware.Stack) error {
	check := func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
		out middleware.DeserializeOutput, metadata middleware.Metadata, err error,
	) {
		out, metadata, err = next.HandleDeserialize(ctx, in)
		if response, ok := out.RawResponse.(*smithyhttp.Response); ok && err == nil {
			err = checkAnswer(awsmiddleware.GetOperationName(ctx), response.Response)
			metadata.Set(saysS3{}, looksLikeS3(response.Header))
		}
		return out, metadata, err
	}
	// After everything else: closest to the wire, before anything is made of the answer.
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("AnswerCheck", check), middleware.After)
}

func looksLikeS3(header http.Header) bool {
	for name := range header {
		for _, prefix := range vendorHeaders {
			if strings.HasPrefix(name, prefix) {
				return true
			}
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
	isBare := looksLikeS3(response.Header) && (!success || operation == "GetBucketAccelerateConfiguration") || // some stores say nothing of what they do not have
		isHead && response.Header.Get("Location") == "" // to a HEAD nobody answers with a body; Head looks further
	return wire.Proof{Root: xmlRoots[operation], Bare: isBare}.Check(response, body)
}

// boundAnswers bounds what is read of the answers of other services, which give credentials (STS, SSO). Those of S3 are bounded above.
func boundAnswers(stack *middleware.Stack) error {
	bound := func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
		out middleware.DeserializeOutput, metadata middleware.Metadata, err error,
	) {
		out, metadata, err = next.HandleDeserialize(ctx, in)
		if response, ok := out.RawResponse.(*smithyhttp.Response); ok && err == nil && awsmiddleware.GetServiceID(ctx) != s3.ServiceID {
			response.Body = wire.Bounded(response.Body, wire.MaxRefusal)
		}
		return out, metadata, err
	}
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("BoundAnswers", bound), middleware.After)
}
