package ossblob

import (
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// explainNetwork describes a request that got no answer.
func explainNetwork(failure *blob.Error, err error) {
	wire.Explain(failure, err, wire.Hints{
		Unresolved:  "Internal endpoints exist inside Alibaba Cloud only.",
		Unreachable: "Internal endpoints can be reached inside Alibaba Cloud only.",
	})
}
