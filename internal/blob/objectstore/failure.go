package objectstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// Fail makes a *blob.Error of whatever went wrong with a request that only some stores have.
// A nil error stays nil.
func (s *Store) Fail(operation, key string, err error) error {
	return s.fail(operation, key, blob.Cond{}, err)
}

// fail makes a *blob.Error of whatever a driver returned.
// The condition that the request carried tells what a 412 means.
func (s *Store) fail(operation, key string, cond blob.Cond, err error) error {
	var (
		already *blob.Error
		joined  interface{ Unwrap() []error }
	)
	switch {
	case err == nil, errors.As(err, &already) && errors.As(err, &joined):
		return err
	case already != nil:
		return already // without what a client library wrapped it in: a look before a request fails within that
	}
	failure := s.failure(operation, key)
	var call *wire.CallError
	if errors.As(err, &call) {
		if call.Op != "" {
			failure.Op = call.Op
		}
		if call.Endpoint != "" {
			failure.Endpoint = call.Endpoint
		}
	}
	s.traits.explain(failure, s.opened(), cond, err)
	wire.Sanitize(failure)
	return failure
}

// failure begins a *blob.Error.
func (s *Store) failure(operation, key string) *blob.Error {
	failure := &blob.Error{Op: operation, URI: s.traits.Scheme + "://" + s.bucket + "/" + key}
	if driver := s.opened(); driver != nil {
		failure.Endpoint = driver.Reach().Endpoint
	}
	return failure
}

// Sentinel is what an error of a driver's own request means: one of the sentinels of packages blob and io/fs, or another error.
func (t Traits) Sentinel(driver Driver, err error) error {
	if err == nil {
		return nil
	}
	failure := &blob.Error{}
	t.explain(failure, driver, blob.Cond{}, err)
	return failure.Err
}

func (t Traits) explain(failure *blob.Error, driver Driver, cond blob.Cond, err error) {
	if describer, ok := driver.(Describer); ok {
		err = describer.Describe(failure, err)
	}
	var (
		explained *wire.ExplainedError
		ca        *wire.CAError
		page      *wire.PageError
		tooLong   *wire.TooLongError
		strange   *wire.StrangeAnswerError
		refused   *wire.RefusalError
	)
	switch {
	case errors.Is(err, blob.ErrSourceChanged):
		failure.Err, failure.Message = blob.ErrSourceChanged, blob.ErrSourceChanged.Error()
	case errors.Is(err, context.Canceled):
		failure.Err, failure.Message = context.Canceled, context.Canceled.Error()
	case ranOut(err):
		failure.Err, failure.Message = context.DeadlineExceeded, context.DeadlineExceeded.Error()
		failure.Advice = "Give the resource more time in its timeouts, or look for what slows the connection down."
	case errors.As(err, &explained):
		failure.Err, failure.Message, failure.Advice = explained.Err, explained.Message, explained.Advice
	case errors.As(err, &ca):
		// Not the cause itself: a file that is missing is no object that is missing.
		failure.Err, failure.Message = blob.ErrSettings, "custom_ca_bundle: "+ca.Error()
		failure.Advice = "custom_ca_bundle is the path of a file with the CA's certificate in PEM."
	case errors.As(err, &page):
		t.explainPage(failure, page)
	case errors.As(err, &tooLong):
		failure.Err, failure.Message, failure.Advice = blob.ErrNotAStore, tooLong.Error(), t.Words.NoStore
	case errors.As(err, &strange):
		failure.Err, failure.Message, failure.Advice = blob.ErrNotAStore, strange.Error(), t.Words.Strange
	case errors.As(err, &refused):
		t.explainRefusal(failure, cond, refused)
	default:
		wire.Explain(failure, err, t.Words.Hints)
	}
}

func (t Traits) explainPage(failure *blob.Error, page *wire.PageError) {
	failure.Err, failure.Message, failure.Advice = blob.ErrNotAStore, t.Words.NotAStore+": "+page.Error(), t.Words.NoStore
	if page.Origin != "" {
		failure.Endpoint = page.Origin
	}
	if page.PlainHTTP {
		failure.Advice = "The port speaks TLS: use https:// in endpoint."
	}
}

// ranOut reports whether the caller's deadline has passed.
// A timeout of the network calls itself context.DeadlineExceeded too.
func ranOut(err error) bool {
	var ended interface{ CanceledError() bool }                                                                                                        // of smithy-go
	return errors.Is(err, context.DeadlineExceeded) && (errors.As(err, &ended) && ended.CanceledError() || innermost(err) == context.DeadlineExceeded) //nolint:errorlint // that value, and nothing that claims to be it
}

func innermost(err error) error {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err
}

const (
	overloaded = "The store is overloaded: try again later."
	failed     = "The store failed, although the request was repeated where that does no harm. Try again later, or look into the store's own log."
)

// explainRefusal says what a store's own words mean: by the answer, by its code, by its status.
func (t Traits) explainRefusal(failure *blob.Error, cond blob.Cond, e *wire.RefusalError) {
	failure.Status, failure.Code, failure.Message = e.Status, e.Code, e.Message
	if e.RequestID != "" {
		failure.RequestID = e.RequestID
	}
	if failure.Message == failure.Code {
		failure.Message = ""
	}
	if e.Code == "" && e.Message == "" { // the answer to a HEAD has no body
		failure.Message = fmt.Sprintf("%d %s, without a reason", e.Status, http.StatusText(e.Status))
	}
	meaning := e.Meaning
	if meaning == (wire.Meaning{}) {
		meaning = t.Meanings[e.Code]
	}
	switch {
	case meaning != (wire.Meaning{}):
	case e.Status/100 == 3 && e.Status != http.StatusNotModified:
		meaning.Err = blob.ErrWrongRegion
	case e.Status == http.StatusPreconditionFailed, e.Status == http.StatusNotModified:
		meaning.Err = blob.ErrChanged
	case e.Status == http.StatusForbidden:
		meaning.Err = fs.ErrPermission
	case e.Status == http.StatusNotImplemented, e.Status == http.StatusMethodNotAllowed:
		meaning = wire.Meaning{Err: errors.ErrUnsupported, Advice: "This store cannot do that."}
	case e.Status == http.StatusTooManyRequests, e.Throttled:
		meaning = wire.Meaning{Err: blob.ErrUnreachable, Advice: overloaded}
	case e.Status >= http.StatusInternalServerError:
		meaning = wire.Meaning{Err: blob.ErrUnreachable, Advice: failed}
	case e.Code == "":
		meaning = wire.Meaning{Err: blob.ErrNotAStore, Advice: "Check endpoint, and what is on the way to it: the refusal gives no reason."}
	case strings.HasPrefix(strings.ToUpper(e.Code), "KMS"):
		meaning.Advice = "Check the KMS key of the bucket, and the permissions on it."
	}
	if errors.Is(meaning.Err, blob.ErrChanged) && cond.IfAbsent && e.Code != t.Aborted {
		meaning.Err = fs.ErrExist
	}
	failure.Err, failure.Advice = meaning.Err, meaning.Advice
	switch {
	case failure.Advice != "":
	case errors.Is(failure.Err, blob.ErrWrongRegion):
		failure.Advice = t.Words.Region
	case errors.Is(failure.Err, fs.ErrPermission):
		failure.Advice = "Needed: " + t.Permissions[failure.Op] + "."
	}
	if failure.Err == nil {
		failure.Err = fmt.Errorf("%s", strings.TrimSpace(failure.Code+" "+failure.Message))
	}
}
