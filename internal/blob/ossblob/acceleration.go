package ossblob

import (
	"context"
	"encoding/xml"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// The numbers of errors about acceleration: https://www.alibabacloud.com/help/en/oss/support/0028-00000001 and 0028-00000004.
const (
	accelerationUnavailable = "0028-00000001"
	accelerationNeverSet    = "0028-00000004"
)

// errNoAcceleration is an endpoint that is none of OSS's own, such as a test server's.
var errNoAcceleration = errors.New("no accelerated endpoint is known for this store")

type transferAcceleration struct {
	XMLName xml.Name `xml:"TransferAccelerationConfiguration"`
	Enabled bool
}

// Acceleration sends one GetBucketTransferAcceleration.
func (s *Store) Acceleration(ctx context.Context) (bool, error) {
	r := request{operation: "GetBucketTransferAcceleration", method: http.MethodGet, query: map[string]string{"transferAcceleration": ""}}
	got, err := s.do(ctx, r)
	if err != nil {
		if s.hasNoAcceleration(err) {
			return false, nil
		}
		return false, err
	}
	var configuration transferAcceleration
	if err := xml.Unmarshal(got.body, &configuration); err != nil {
		return false, s.fail(r, &strangeAnswerError{"the acceleration cannot be read: " + err.Error()})
	}
	return configuration.Enabled, nil
}

// SetAcceleration sends one PutBucketTransferAcceleration.
func (s *Store) SetAcceleration(ctx context.Context, on bool) error {
	err := s.configure(ctx, request{operation: "PutBucketTransferAcceleration", query: map[string]string{"transferAcceleration": ""}}, transferAcceleration{Enabled: on})
	if !s.hasNoAcceleration(err) {
		return err
	}
	if !on {
		return nil
	}
	var failure *blob.Error
	if errors.As(err, &failure) {
		failure.Err = errors.ErrUnsupported
		failure.Advice = "The bucket's region has no transfer acceleration: leave flink_transfer_acceleration out, or ask Alibaba Cloud's support to open it."
	}
	return err
}

// hasNoAcceleration: it was never set, or the region or the store has none.
func (s *Store) hasNoAcceleration(err error) bool {
	var failure *blob.Error
	if !errors.As(err, &failure) {
		return false
	}
	switch failure.Code {
	case "NoSuchTransferAccelerationConfiguration", "TransferAccelerationDisabled":
		return true
	}
	return hasEC(failure, accelerationUnavailable) || hasEC(failure, accelerationNeverSet) || errors.Is(err, errors.ErrUnsupported)
}

// AccelerationEndpoint asks nothing.
func (s *Store) AccelerationEndpoint(_ context.Context) (string, error) {
	conn, err := s.connect()
	if err != nil {
		return "", s.fail(request{operation: "AccelerationEndpoint"}, err)
	}
	if conn.accelerated == nil {
		return "", s.fail(request{operation: "AccelerationEndpoint"}, errNoAcceleration)
	}
	u, err := url.Parse(conn.places.accelerate)
	if err != nil {
		return "", s.fail(request{operation: "AccelerationEndpoint"}, err)
	}
	if s.pathStyle(conn.places.accelerate) || s.ownDomain(conn.places.accelerate) {
		return u.Scheme + "://" + u.Host, nil
	}
	return u.Scheme + "://" + s.bucket + "." + u.Host, nil
}

// tried is a key that is asked for at the acceleration endpoint, and need not be there.
const tried = ".flink-transfer-acceleration"

// TryAcceleration sends one HeadObject for an object that is not there: the endpoint knows no requests for the configuration, and a
// HEAD moves no bytes that are charged for.
func (s *Store) TryAcceleration(ctx context.Context) error {
	_, err := s.do(ctx, request{operation: "HeadObject", method: http.MethodHead, key: tried, accelerate: true})
	if errors.Is(err, fs.ErrNotExist) && !errors.Is(err, blob.ErrNoBucket) {
		return nil
	}
	return err
}

// hasEC looks for the number where explainRefusal puts it.
func hasEC(failure *blob.Error, ec string) bool {
	return strings.Contains(failure.Message, "(EC "+ec+")")
}
