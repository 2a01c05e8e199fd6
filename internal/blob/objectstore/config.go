package objectstore

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/ledger"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// Common are the settings that all stores have.
type Common struct {
	CABundle   string // path of a PEM file with certificates that count besides those of the system
	MaxRetries *int   // after the first attempt; nil: the driver's own
	Budget     *multipart.Budget
	Ledger     *ledger.Ledger // nil: none
	UserAgent  string         // "name/version"
}

// WithoutBudget leaves out the budget and the ledger, which say nothing of how a bucket is reached.
func (c Common) WithoutBudget() Common {
	c.Budget, c.Ledger = nil, nil
	return c
}

// Tuning is what tests set otherwise.
// Zero values are the driver's own.
type Tuning struct {
	CopyLimit, CopyPart      int64         // bytes
	FirstPause, LongestPause time.Duration // before a request is sent again; the AWS SDK knows the longest alone
	Limits                   wire.Limits   // how long the server may be silent
	Dial                     wire.Dial     // nil: the network
}

// Retries is MaxRetries, or the driver's own.
func (c Common) Retries(own int) int {
	if c.MaxRetries != nil {
		return *c.MaxRetries
	}
	return own
}

// Opaque keeps what it is embedded in from being printed, since that holds secrets.
type Opaque struct{}

const opaque = "(holds secrets, not shown)"

// String shows nothing.
func (Opaque) String() string { return opaque }

// GoString keeps %#v from the fields.
func (Opaque) GoString() string { return opaque }

// Format keeps every other verb from them.
func (Opaque) Format(f fmt.State, _ rune) { fmt.Fprint(f, opaque) }

// LogValue is String, for package log/slog.
func (Opaque) LogValue() slog.Value { return slog.StringValue(opaque) }
