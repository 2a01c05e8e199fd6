package s3blob

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// Describe tells what an error of the SDK is.
func (d *driver) Describe(failure *blob.Error, err error) error {
	var (
		response  *smithyhttp.ResponseError
		api       smithy.APIError
		unread    *smithy.DeserializationError
		explained *wire.ExplainedError
	)
	status, region := 0, ""
	if errors.As(err, &response) && response.Response != nil {
		header := response.Response.Header
		status, region = response.HTTPStatusCode(), header.Get("X-Amz-Bucket-Region")
		failure.RequestID = cmp.Or(header.Get("X-Amz-Request-Id"), header.Get("X-Oss-Request-Id"), header.Get("X-Guploader-Uploadid"))
		if request := response.Response.Request; failure.Endpoint == "" && request != nil {
			failure.Endpoint = wire.Origin(request.URL.String())
		}
	}
	_, _, isPermanent := wire.PermanentConnectionError(err)
	switch {
	case errors.As(err, &explained): // it may be around what another service refused
		return err
	case errors.As(err, &api):
		refused := &wire.RefusalError{Status: status, Code: api.ErrorCode(), Message: api.ErrorMessage()}
		_, refused.Throttled = retry.DefaultThrottleErrorCodes[refused.Code]
		d.explain(refused, region)
		return refused
	case errors.As(err, &unread) && !isPermanent:
		strange := wire.NewExplained(blob.ErrNotAStore, "Check endpoint: something else than an object store answers there.", "%s", wire.RootCause(err))
		strange.Cause = err
		return strange
	}
	return err
}

// explain says what a refusal means of which more than the code counts.
// The region is that of the bucket; "": the answer does not tell it.
func (d *driver) explain(refused *wire.RefusalError, region string) {
	known, isKnown := meanings[refused.Code]
	redirected := refused.Status/100 == 3 && refused.Status != http.StatusNotModified
	switch {
	case region != "" && (errors.Is(known.Err, blob.ErrWrongRegion) || redirected && !isKnown ||
		region != d.region && (refused.Status == http.StatusBadRequest || redirected)):
		refused.Message = strings.TrimSpace(fmt.Sprintf("the bucket is in region %s. %s", region, refused.Message))
		refused.Meaning = wire.Meaning{Err: blob.ErrWrongRegion, Advice: fmt.Sprintf("Set region = %q in the provider's s3 block.", region)}
	case refused.Code == "InvalidRequest":
		refused.Meaning = accelerationMeaning(refused.Message)
	}
}
