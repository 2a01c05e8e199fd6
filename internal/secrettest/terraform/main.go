// Command terraform stands before the real Terraform in a run of tests that is watched for secrets. See package secrettest.
package main

import (
	"fmt"
	"os"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/secrettest"
)

func main() {
	if err := secrettest.Terraform(); err != nil {
		fmt.Fprintln(os.Stderr, "watching Terraform:", err)
		os.Exit(1)
	}
}
