package s3blob

import (
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/sourcetest/objectsuite"
)

func TestAsASource(t *testing.T) {
	objectsuite.Run(t, func(t *testing.T, retries bool) objectsuite.Harness {
		b := startBehind(t, func(s *setup) {
			if none := 0; !retries {
				s.MaxRetries = &none
			}
		})
		return objectsuite.Harness{Store: b.Store, Absent: newStore(t, b.setup.Config, b.bucket+"-absent"), Proxy: b.proxy, Large: large, IsS3: true}
	})
}
