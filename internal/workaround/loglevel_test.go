package workaround

import (
	"os"
	"testing"
)

func TestOnlyWhatTerraformShowsIsLogged(t *testing.T) {
	const address = "registry.terraform.io/acme/flink"
	for _, c := range []struct {
		name, all, provider, sdk string // TF_LOG, TF_LOG_PROVIDER, TF_LOG_SDK
		want, wantSDK            string
	}{
		{name: "nothing is asked for", want: "OFF", wantSDK: "OFF"},
		{name: "off", all: "off", want: "OFF", wantSDK: "OFF"},
		{name: "everything", all: "TRACE"},
		{name: "in JSON, which is everything", all: "json"},
		{name: "no level, which Terraform takes for everything", all: "1"},
		{name: "a level", all: "warn", want: "WARN", wantSDK: "WARN"},
		{name: "the provider's own comes first", all: "TRACE", provider: "Error", want: "ERROR", wantSDK: "ERROR"},
		{name: "core's alone", all: "", provider: "off", want: "OFF", wantSDK: "OFF"},
		{name: "what is set stays", sdk: "DEBUG", want: "OFF", wantSDK: "DEBUG"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, name := range levelVariables(address) {
				t.Setenv(name, "") // so that it is put back
				os.Unsetenv(name)
			}
			t.Setenv("TF_LOG", c.all)
			t.Setenv("TF_LOG_PROVIDER", c.provider)
			if c.sdk != "" {
				t.Setenv("TF_LOG_SDK", c.sdk)
			}
			logWhatIsShown(address)
			for name, want := range map[string]string{"TF_LOG_SDK": c.wantSDK, "TF_LOG_PROVIDER_FLINK": c.want} {
				if got := os.Getenv(name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
		})
	}
}
