package workaround

import (
	"net/http"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// denyRedirects has libraries that look for credentials follow no redirect with them.
// credentials-go clones the default transport.
func denyRedirects() {
	if transport, ok := http.DefaultTransport.(*http.Transport); ok {
		wire.DenyRedirects(transport)
	}
}
