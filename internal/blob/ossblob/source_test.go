package ossblob

import (
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/sourcetest/objectsuite"
)

func TestAsASource(t *testing.T) {
	objectsuite.Run(t, func(t *testing.T, retries bool) objectsuite.Harness {
		b := startBehind(t, func(config *Config) {
			if none := 0; !retries {
				config.MaxRetries = &none
			}
		})
		return objectsuite.Harness{Store: b.Store, Absent: newStore(t, b.config, b.bucket+"-absent"), Proxy: b.proxy, Large: large}
	})
}
