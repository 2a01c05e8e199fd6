package main

import (
	"context"
	"os"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// quiet is a provider's server in whose process nobody prints. What is printed gets into Terraform's log, and nobody prints but credentials-go
// (1.4.14): what the program printed that a profile names, if it is no JSON, with whatever keys are in it; and headers, where DEBUG is set.
type quiet struct{ tfprotov6.ProviderServer }

// ConfigureProvider comes before anything is looked up, and after the handshake, which is on the standard output.
func (s quiet) ConfigureProvider(ctx context.Context, req *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	printNothing()
	return s.ProviderServer.ConfigureProvider(ctx, req)
}

var printNothing = sync.OnceFunc(func() {
	if nowhere, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stdout = nowhere
	}
})
