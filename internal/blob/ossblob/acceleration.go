package ossblob

import (
	"context"
	"encoding/xml"
	"errors"
	"io/fs"
	"net/http"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/rest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// errNoAcceleration is an endpoint that is none of OSS's own, such as a test server's.
var errNoAcceleration = wire.NewExplained(errors.ErrUnsupported,
	"Set accelerate_endpoint in the provider's oss block, or leave accelerate out.", "no accelerated endpoint is known for this store")

var accelerationQuery = map[string]string{"transferAcceleration": ""}

type transferAcceleration struct {
	XMLName xml.Name `xml:"TransferAccelerationConfiguration"`
	Enabled bool
}

// Acceleration sends one GetBucketTransferAcceleration.
// It is off where it was never set, and where the region or the store has none.
func (s *Store) Acceleration(ctx context.Context) (bool, error) {
	var read transferAcceleration
	err := s.configuration(ctx, rest.Request{
		Operation: "GetBucketTransferAcceleration", Method: http.MethodGet, Query: accelerationQuery, Root: "TransferAccelerationConfiguration",
	}, &read)
	if errors.Is(err, errors.ErrUnsupported) {
		return false, nil
	}
	return read.Enabled, err
}

// SetAcceleration sends one PutBucketTransferAcceleration.
func (s *Store) SetAcceleration(ctx context.Context, on bool) error {
	err := s.configure(ctx, rest.Request{
		Operation: "PutBucketTransferAcceleration", Method: http.MethodPut, Query: accelerationQuery,
	}, transferAcceleration{Enabled: on})
	if !on && errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

// AccelerationEndpoint sends nothing.
func (s *Store) AccelerationEndpoint(ctx context.Context) (string, error) {
	d, err := s.lazy.Get(ctx)
	if err == nil && d.accelerated == nil {
		err = errNoAcceleration
	}
	if err != nil {
		return "", s.Fail("AccelerationEndpoint", "", err)
	}
	address := d.places.accelerate
	if !d.config.pathStyle(address) && !d.config.ownDomain(address) {
		address = strings.Replace(address, "://", "://"+d.bucket+".", 1)
	}
	return address, nil
}

// tried is a key that is requested at the acceleration endpoint, and need not exist.
const tried = ".flink-transfer-acceleration"

// TryAcceleration sends one HeadObject for an object that does not exist: the endpoint knows no requests for the configuration, and a HEAD moves
// no bytes that are charged for.
func (s *Store) TryAcceleration(ctx context.Context) error {
	d, err := s.lazy.Get(ctx)
	if err == nil {
		_, err = d.service.Do(ctx, rest.Request{Operation: "HeadObject", Method: http.MethodHead, Key: tried, Accelerated: true})
	}
	if err = s.Fail("HeadObject", tried, err); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
