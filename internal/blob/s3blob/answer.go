package s3blob

import (
	"bytes"
	"context"
	"io"
	"mime"
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
	success := response.StatusCode >= 200 && response.StatusCode < 300
	isObject := operation == "HeadObject" || operation == "GetObject"
	if success && isObject {
		return nil // its content type is the object's own
	}
	contentType, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	answer := &wire.PageError{Status: response.StatusCode, ContentType: contentType}
	if response.Request != nil {
		answer.Origin = wire.Origin(response.Request.URL.String())
	}
	if response.StatusCode >= 300 && response.StatusCode < 400 && response.StatusCode != http.StatusNotModified {
		if location, err := response.Location(); err == nil {
			answer.Location = wire.Origin(location.String())
		}
	}

	limit := wire.MaxAnswer(response.StatusCode)
	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	response.Body.Close()
	if err != nil {
		return &smithyhttp.RequestSendError{Err: err} // the SDK repeats it, as everything that the network did
	}
	if int64(len(body)) > limit {
		answer.Longer = limit
		return answer
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	root, name := xmlRoots[operation], wire.RootElement(body)
	switch {
	case wire.IsHTML(contentType) || strings.EqualFold(name, "html"):
		answer.Title = wire.Title(body)
	case name == "Error", success && name == root:
		return nil
	case success && len(body) == 0 && looksLikeS3(response.Header) && (root == "" || operation == "GetBucketAccelerateConfiguration"):
		return nil // the operation checks what it needs; some stores say nothing of an acceleration that they do not have
	case !success && len(body) == 0 && (looksLikeS3(response.Header) || operation == "HeadObject" && answer.Location == ""):
		return nil // to a HEAD nobody answers with a body; Head looks further
	case wire.WantsTLS(body):
		answer.PlainHTTP = true
	}
	return answer
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
