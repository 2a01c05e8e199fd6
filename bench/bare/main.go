// Command bare sends a file to an S3 server in parts and does nothing else: no hash, no look before or after. It is the floor
// that no client gets below.
//
//	bare ENDPOINT BUCKET KEY FILE
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/s3"
)

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: bare ENDPOINT BUCKET KEY FILE")
		os.Exit(2)
	}
	client := &s3.Client{
		Endpoint: os.Args[1], Region: os.Getenv("AWS_REGION"),
		AccessKey: os.Getenv("AWS_ACCESS_KEY_ID"), SecretKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
	}
	if err := client.Upload(context.Background(), os.Args[2], os.Args[3], os.Args[4], 16<<20, 4); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
