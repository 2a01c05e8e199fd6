// Command terraform-provider-flink serves the flink provider to Terraform and OpenTofu.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workaround"
)

// address is where the registry has this provider, and what a configuration names in required_providers.
const address = "registry.terraform.io/terraform-provider-flink/flink"

// version is set by the linker.
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "run until interrupted, for a debugger or for TF_REATTACH_PROVIDERS")
	flag.Parse()
	workaround.Process(address, *debug)
	var opts []tf6server.ServeOpt
	if *debug {
		opts = append(opts, tf6server.WithManagedDebug())
	}
	err := tf6server.Serve(address, func() tfprotov6.ProviderServer {
		return workaround.Server(providerserver.NewProtocol6(provider.New(version)())())
	}, opts...)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
