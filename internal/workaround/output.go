package workaround

import (
	"context"
	"io"
	"log"
	"os"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// discardLog drops what is written by package log, which go-plugin passes on into Terraform's log.
// Nobody here writes there but net/http: the bytes that come after an answer's end, and so perhaps a signed address.
func discardLog() { log.SetOutput(io.Discard) }

// quiet is a provider's server in whose process nobody prints.
// go-plugin passes on what is printed, and Terraform logs it as a warning.
// Only credentials-go prints: what a program printed that a profile names, if it is not JSON, with whatever keys are in it.
type quiet struct{ tfprotov6.ProviderServer }

// ConfigureProvider comes before any credentials are looked up, and after the handshake, which is on the standard output.
func (s quiet) ConfigureProvider(ctx context.Context, req *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	printNothing()
	return s.ProviderServer.ConfigureProvider(ctx, req)
}

var printNothing = sync.OnceFunc(func() {
	if nowhere, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stdout = nowhere
	}
})
