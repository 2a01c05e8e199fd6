package s3blob

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

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
		page      *wire.PageError
	)
	status, region := 0, ""
	if errors.As(err, &response) && response.Response != nil {
		status, region = response.HTTPStatusCode(), response.Response.Header.Get("X-Amz-Bucket-Region")
		failure.RequestID = requestID(response.Response.Header)
		if request := response.Response.Request; failure.Endpoint == "" && request != nil {
			failure.Endpoint = wire.Origin(request.URL.String())
		}
	}
	switch {
	case errors.Is(err, blob.ErrSourceChanged), errors.As(err, &explained), errors.As(err, &page):
		return err
	case errors.As(err, &api):
		refused := &wire.RefusalError{Status: status, Code: api.ErrorCode(), Message: api.ErrorMessage()}
		refused.Meaning = d.meaning(refused, region)
		if refused.Meaning.Err != nil && region != "" && errors.Is(refused.Meaning.Err, blob.ErrWrongRegion) {
			refused.Message = strings.TrimSpace(fmt.Sprintf("the bucket is in region %s. %s", region, refused.Message))
		}
		return refused
	case errors.As(err, &unread):
		if _, _, known := wire.PermanentConnectionError(err); !known {
			return &wire.ExplainedError{
				Message: wire.RootCause(err), Cause: err,
				Meaning: wire.Meaning{Err: blob.ErrNotAStore, Advice: "Check endpoint: something else than an object store answers there."},
			}
		}
	}
	return err
}

// meaning is that of a refusal whose code does not tell enough.
func (d *driver) meaning(refused *wire.RefusalError, region string) wire.Meaning {
	known, isKnown := meanings[refused.Code]
	redirected := refused.Status/100 == 3 && refused.Status != http.StatusNotModified
	switch {
	case region != "" && (errors.Is(known.Err, blob.ErrWrongRegion) || redirected && !isKnown ||
		region != d.region && (refused.Status == http.StatusBadRequest || redirected)):
		return wire.Meaning{Err: blob.ErrWrongRegion, Advice: fmt.Sprintf("Set region = %q in the provider's s3 block.", region)}
	case isKnown:
		return known
	case refused.Code == "ConditionalRequestConflict":
		return wire.Meaning{Err: blob.ErrChanged}
	case refused.Code == "InvalidRequest":
		return accelerationMeaning(refused.Message)
	}
	return wire.Meaning{}
}

// requestID is what a vendor's support wants to know.
func requestID(header http.Header) string {
	for _, name := range []string{"X-Amz-Request-Id", "X-Oss-Request-Id", "X-Guploader-Uploadid"} {
		if id := header.Get(name); id != "" {
			return id
		}
	}
	return ""
}
