// Command terraform-provider-flink serves the flink provider to Terraform and OpenTofu.
package main

import (
	"context"
	"flag"
	"log"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider"
)

// address is where the registry has this provider, and what a configuration names in required_providers.
const address = "registry.terraform.io/terraform-provider-flink/flink"

// version is set by the linker.
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "run until interrupted, for a debugger or for TF_REATTACH_PROVIDERS")
	flag.Parse()

	err := providerserver.Serve(context.Background(), provider.New(version), providerserver.ServeOpts{
		Address:         address,
		Debug:           *debug,
		ProtocolVersion: 6,
	})
	if err != nil {
		log.Fatal(err)
	}
}
