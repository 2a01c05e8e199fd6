package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// served has the test's own binary be the provider.
const served = "FLINK_TEST_SERVE"

func TestMain(m *testing.M) {
	if os.Getenv(served) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// The libraries' trace is not written where nobody reads it, and it is where somebody does.
func TestAProcessLogsWhatIsShown(t *testing.T) {
	for _, c := range []struct {
		level string
		trace bool
	}{{"TF_LOG=", false}, {"TF_LOG=INFO", false}, {"TF_LOG=TRACE", true}, {"TF_LOG=JSON", true}, {"TF_LOG_PROVIDER=TRACE", true}, {"TF_LOG_SDK=TRACE", true}} {
		if logged := schemaOfAProcess(t, c.level); strings.Contains(logged, "Received request") != c.trace {
			t.Errorf("with %s the provider wrote:\n%s", c.level, logged)
		}
	}
}

// schemaOfAProcess starts the provider as Terraform does, asks it for its schema over plain HTTP/2, and returns what it wrote into its log.
func schemaOfAProcess(t *testing.T, environment string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var logged bytes.Buffer
	command := exec.CommandContext(ctx, os.Args[0])
	command.Stderr = &logged
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "TF_LOG") {
			command.Env = append(command.Env, variable)
		}
	}
	command.Env = append(command.Env, served+"=1", "PLUGIN_PROTOCOL_VERSIONS=6",
		"TF_PLUGIN_MAGIC_COOKIE=d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2", environment)
	stdout, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(stdout).ReadString('\n') // core version, protocol version, network, address, protocol
	handshake := strings.Split(strings.TrimSpace(line), "|")
	if len(handshake) < 5 {
		cancel()
		t.Fatalf("no handshake: %q, %v\n%s", line, command.Wait(), logged.String())
	}
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: &protocols, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, handshake[2], handshake[3])
	}}
	defer transport.CloseIdleConnections()
	if err := call(ctx, transport, "/tfplugin6.Provider/GetProviderSchema"); err != nil {
		t.Error(err)
	}
	_ = call(ctx, transport, "/plugin.GRPCController/Shutdown") // the answer may not come any more
	if err := command.Wait(); err != nil {
		t.Errorf("the provider ended with %v\n%s", err, logged.String())
	}
	return logged.String()
}

// call is a call of gRPC with an empty message.
func call(ctx context.Context, transport http.RoundTripper, method string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://provider"+method, bytes.NewReader(make([]byte, 5)))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/grpc")
	request.Header.Set("TE", "trailers")
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	if status := response.Trailer.Get("Grpc-Status"); err == nil && status != "0" {
		err = fmt.Errorf("%s was answered with %q", method, status)
	}
	return err
}
