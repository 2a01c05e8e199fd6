// Command terraform-provider-flink serves the flink provider to Terraform and OpenTofu.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider"
)

// address is where the registry has this provider, and what a configuration names in required_providers.
const address = "registry.terraform.io/terraform-provider-flink/flink"

// version is set by the linker.
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "run until interrupted, for a debugger or for TF_REATTACH_PROVIDERS")
	flag.Parse()
	// Terraform writes what is logged into its own log. Here nobody logs but net/http, which writes pieces of answers there: the bytes that
	// come after an answer's end, and so perhaps a signed address.
	log.SetOutput(io.Discard)
	// Libraries that look for credentials (credentials-go) use this transport, and follow redirects with them.
	if transport, ok := http.DefaultTransport.(*http.Transport); ok {
		wire.DenyRedirects(transport)
	}
	if !*debug { // then a developer reads it, and Terraform's variables are not here
		logWhatIsShown()
	}

	var opts []tf6server.ServeOpt
	if *debug {
		opts = append(opts, tf6server.WithManagedDebug())
	}
	err := tf6server.Serve(address, func() tfprotov6.ProviderServer {
		return forgetful{quiet{providerserver.NewProtocol6(provider.New(version)())()}}
	}, opts...)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
