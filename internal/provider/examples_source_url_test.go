package provider_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/secrettest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/sourcetest/faultserver"
)

// These are the examples whose files come from elsewhere. The test's own servers stand in for the repositories, by the variables that the examples
// have for mirrors.

const connectorPath = "/maven2/org/apache/flink/flink-sql-connector-kafka/3.4.0-1.20/flink-sql-connector-kafka-3.4.0-1.20.jar"

// hostOf is a server's URL as credentials name it.
func hostOf(url string) string { return strings.TrimPrefix(url, "https://") }

// fromMaven is the resource's example, whose provider block is added: without one, only the system's own authorities are trusted.
func fromMaven(t *testing.T, environment []string, wantOutput string) example {
	t.Helper()
	server, connector := faultserver.Start(t), []byte("PK\x03\x04 a connector")
	server.Put(connectorPath, faultserver.File{Data: connector})
	return example{
		environment: func(*testing.T) []string {
			return append(slices.Clone(environment), "TF_VAR_maven="+hostOf(server.URL)+"/maven2", fmt.Sprintf("TF_VAR_connector_sha256=%x", sha256.Sum256(connector)))
		},
		prepare: func(t *testing.T, directory string) {
			t.Helper()
			writeFile(t, filepath.Join(directory, "provider.tf"), fmt.Sprintf("provider \"flink\" {\n http = { ca_bundle = %q }\n}\n", server.CAFile))
		},
		wantOutput: wantOutput,
	}
}

// fromRepositories is the example with a public and a private repository: two hosts, of which one is given a token.
func fromRepositories(t *testing.T, onS3 []string, store *versitygw.Server) example {
	t.Helper()
	const token = secrettest.Mark + "-of-the-repository"
	server, connector, job := faultserver.Start(t), []byte("PK\x03\x04 a connector"), []byte("PK\x03\x04 a job")
	server.Put(connectorPath, faultserver.File{Data: connector})
	server.Put("/releases/job-1.4.0.jar", faultserver.File{Data: job, Token: token})
	server.Put("/releases/job-1.4.0.jar.sha256", faultserver.File{Data: fmt.Appendf(nil, "%x  job-1.4.0.jar\n", sha256.Sum256(job)), Token: token})
	return example{
		environment: func(t *testing.T) []string {
			t.Helper()
			return append(slices.Clone(onS3),
				"TF_VAR_ca_bundle="+bothAuthorities(t, server), "TF_VAR_repository_token="+token,
				"TF_VAR_repository="+hostOf(server.URL), "TF_VAR_maven="+hostOf(server.OtherURL)+"/maven2",
				fmt.Sprintf("TF_VAR_connector_sha256=%x", sha256.Sum256(connector)))
		},
		wantOutput: fmt.Sprintf(`jar_uri = "s3://acme-flink/vvp/artifacts/namespaces/default/job-%.6x.jar"`, sha256.Sum256(job)),
		then: func(t *testing.T, r root) {
			t.Helper()
			wantObject(t, store, "acme-flink", fmt.Sprintf("vvp/artifacts/namespaces/default/job-%.6x.jar", sha256.Sum256(job)), job)
			wantObject(t, store, "acme-flink", fmt.Sprintf("vvp/artifacts/namespaces/default/flink-sql-connector-kafka-3.4.0-1.20-%.6x.jar", sha256.Sum256(connector)), connector)
			asked := 0
			for _, request := range server.Requests() {
				if request.Server != "other" {
					continue
				}
				asked++
				if given := request.Header.Get("Authorization"); given != "" {
					t.Errorf("the Maven repository was given %q", given)
				}
			}
			if asked != 1 {
				t.Errorf("the Maven repository was sent %d requests", asked)
			}
			if state := readFile(t, filepath.Join(r.directory, "terraform.tfstate")); bytes.Contains(state, []byte(token)) {
				t.Error("the state has the token")
			}
		},
	}
}

// fromStaging is the example that copies from one bucket to another.
func fromStaging(t *testing.T, onS3 []string, store *versitygw.Server) example {
	t.Helper()
	job := []byte("PK\x03\x04 a job that was tested")
	return example{
		environment: func(t *testing.T) []string {
			t.Helper()
			for _, bucket := range []string{"acme-staging", "acme-production"} {
				if _, err := store.Client().CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
					t.Fatal(err)
				}
			}
			_, err := store.Client().PutObject(t.Context(), &s3.PutObjectInput{
				Bucket: aws.String("acme-staging"), Key: aws.String("vvp/artifacts/namespaces/default/job.jar"), Body: bytes.NewReader(job),
			})
			if err != nil {
				t.Fatal(err)
			}
			return append(slices.Clone(onS3), fmt.Sprintf("TF_VAR_staging_sha256=%x", sha256.Sum256(job)))
		},
		wantOutput: fmt.Sprintf(`jar_uri = "s3://acme-production/vvp/artifacts/namespaces/default/job-%.6x.jar"`, sha256.Sum256(job)),
		then: func(t *testing.T, _ root) {
			t.Helper()
			wantObject(t, store, "acme-production", fmt.Sprintf("vvp/artifacts/namespaces/default/job-%.6x.jar", sha256.Sum256(job)), job)
		},
	}
}

// bothAuthorities is a file with those of both TLS servers.
func bothAuthorities(t *testing.T, server *faultserver.Server) string {
	t.Helper()
	return writeFile(t, filepath.Join(t.TempDir(), "ca.pem"), string(readFile(t, server.CAFile))+string(readFile(t, server.OtherCAFile)))
}

func wantObject(t *testing.T, store *versitygw.Server, bucket, key string, want []byte) {
	t.Helper()
	out, err := store.Client().GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	if got, err := io.ReadAll(out.Body); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s/%s has %q, want %q (%v)", bucket, key, got, want, err)
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
