package provider_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// killedPlace is a place, with what a killed process leaves there.
type killedPlace struct {
	place
	proxy *faultproxy.Proxy // nil: there are no requests
	parts func() int        // of all open uploads
	age   func()            // makes what is left two days old
}

func killedInBucket(t *testing.T) killedPlace {
	server := versitygw.Start(t, versitygw.Options{})
	p, proxy := inBucketOf(t, server)
	bucket, _, _ := strings.Cut(strings.TrimPrefix(p.baseURI, "s3://"), "/")
	return killedPlace{
		place: p, proxy: proxy,
		parts: func() int { return server.OpenParts(t, bucket) },
		age:   func() { server.AgeUploads(t, bucket, 48*time.Hour) },
	}
}

func killedInOSS(t *testing.T) killedPlace {
	server := ossfake.Start(t, ossfake.Options{})
	proxy := faultproxy.Start(t, server.Endpoint, "")
	bucket := server.CreateBucket(t)
	p, _ := inNamedOSSBucket(server, bucket)
	p.block = ossBlock(proxy.URL, server.Region, server.AccessKey, server.SecretKey)
	return killedPlace{
		place: p, proxy: proxy,
		parts: func() int { return server.OpenParts(bucket) },
		age:   func() { server.AgeUploads(bucket, 48*time.Hour) },
	}
}

func killedInDirectory(t *testing.T) killedPlace {
	return killedPlace{place: inDirectory(t), parts: func() int { return 0 }, age: func() {}}
}

// killProvider ends the providers of a Terraform by SIGKILL, and says whether there was one.
func killProvider(terraform int) (found bool) {
	names, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range names {
		stat, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		// "1234 (name) S parent": the name may have spaces and brackets.
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		program, err := os.Readlink(filepath.Join(filepath.Dir(name), "exe"))
		if err != nil || len(fields) < 2 || fields[1] != strconv.Itoa(terraform) || filepath.Base(program) != "terraform-provider-flink" {
			continue
		}
		if err := kill(pid); err == nil {
			found = true
		}
	}
	return found
}
