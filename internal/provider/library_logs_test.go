package provider_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// What libraries print and log is in no output and in no log at TRACE, whatever variables of their own are set: signed headers and
// addresses, and what a program has printed that gives credentials.
func TestLibrariesLogNoSecret(t *testing.T) {
	server := ossfake.Start(t, ossfake.Options{})
	p, _ := inOSSBucket(t, server)
	const hush = "hush-hush-hush"
	program := writeFile(t, filepath.Join(t.TempDir(), "program"), "#!/bin/sh\necho 'Logged in.' '{\"access_key_secret\": \""+hush+"\"}'\n")
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("elsewhere arrived %s %s from %q", r.Method, r.URL, r.Referer())
	}))
	defer elsewhere.Close()
	redirecting := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer redirecting.Close()
	without := fmt.Sprintf("provider \"flink\" {\n base_uri = %q\n oss = {\n region = %q\n endpoint = %q\n}\n}\n", p.baseURI, server.Region, server.Endpoint)
	for name, c := range map[string]struct {
		config string
		env    []string
		fails  string // "": it succeeds
	}{
		"signed requests": {p.provider(), nil, ""},
		"a program that prints no JSON": {without, []string{
			"ALIBABA_CLOUD_CONFIG_FILE=" + writeFile(t, filepath.Join(t.TempDir(), "config.json"),
				fmt.Sprintf(`{"current": "x", "profiles": [{"name": "x", "mode": "External", "process_command": "sh %s"}]}`, program)),
		}, "external command"},
		"a redirect": {without, []string{"ALIBABA_CLOUD_CREDENTIALS_URI=" + redirecting.URL + "/?token=" + hush, "ALIBABA_CLOUD_CONFIG_FILE=/nonexistent"}, "redirects to " + elsewhere.URL},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoot(t, c.config+lists())
			writeFile(t, filepath.Join(r.directory, "terraform.tfstate"), "") // a plan leaves none
			writeFile(t, filepath.Join(r.directory, "terraform.tfstate.backup"), "")
			r.environment = append(r.environment, "TF_LOG=TRACE", "TF_LOG_PATH="+filepath.Join(r.directory, "trace.log"), "DEBUG=credential,sdk,tea,dara",
				"ALIBABA_CLOUD_ECS_METADATA_DISABLED=true", "HOME="+t.TempDir())
			r.environment = append(r.environment, c.env...)
			output, err := r.command(t.Context(), "plan", "-input=false", "-no-color").CombinedOutput()
			flat := strings.Join(strings.Fields(strings.ReplaceAll(string(output), "│", "")), " ")
			if (err == nil) != (c.fails == "") || !strings.Contains(flat, c.fails) {
				t.Errorf("%v; want %q in\n%s", err, c.fails, output)
			}
			r.hides(t, map[string]string{"plan": string(output)}, hush, server.SecretKey, "OSS4-HMAC-SHA256", "Signature=")
		})
	}
}
