package main

import (
	"os"
	"testing"
)

func TestOnlyWhatTerraformShowsIsLogged(t *testing.T) {
	for _, c := range []struct {
		name, all, provider, framework string // TF_LOG, TF_LOG_PROVIDER, TF_LOG_SDK_FRAMEWORK
		want, wantFramework            string
	}{
		{name: "nothing is asked for", want: "OFF", wantFramework: "OFF"},
		{name: "off", all: "off", want: "OFF", wantFramework: "OFF"},
		{name: "everything", all: "TRACE"},
		{name: "in JSON, which is everything", all: "json"},
		{name: "no level, which Terraform takes for everything", all: "1"},
		{name: "a level", all: "warn", want: "WARN", wantFramework: "WARN"},
		{name: "the provider's own comes first", all: "TRACE", provider: "Error", want: "ERROR", wantFramework: "ERROR"},
		{name: "core's alone", all: "", provider: "off", want: "OFF", wantFramework: "OFF"},
		{name: "what is set stays", framework: "DEBUG", want: "OFF", wantFramework: "DEBUG"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, name := range levelVariables {
				t.Setenv(name, "") // so that it is put back
				os.Unsetenv(name)
			}
			t.Setenv("TF_LOG", c.all)
			t.Setenv("TF_LOG_PROVIDER", c.provider)
			if c.framework != "" {
				t.Setenv("TF_LOG_SDK_FRAMEWORK", c.framework)
			}
			logWhatIsShown()
			for _, name := range levelVariables {
				want := c.want
				if name == "TF_LOG_SDK_FRAMEWORK" {
					want = c.wantFramework
				}
				if got := os.Getenv(name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
		})
	}
}
