package workaround

import (
	"cmp"
	"os"
	"path"
	"strings"
)

// logWhatIsShown has the libraries log what Terraform will show.
// They do not read TF_LOG: left alone, they write a trace of every step of every call in JSON, and Terraform reads it all and throws it away.
// A variable that is set already stays.
// What a panic prints does not go through a log.
func logWhatIsShown(address string) {
	level := shownLevel()
	if level == "" {
		return
	}
	for _, name := range levelVariables(address) {
		if _, set := os.LookupEnv(name); !set {
			os.Setenv(name, level)
		}
	}
}

// levelVariables are where the libraries look up what to log: they themselves, and a provider by its name in the address.
func levelVariables(address string) []string {
	return []string{"TF_LOG_SDK", "TF_LOG_PROVIDER_" + strings.ToUpper(path.Base(address))}
}

// shownLevel is what Terraform shows of a provider's log: TF_LOG_PROVIDER, else TF_LOG, else nothing.
// "": everything, as where it takes a level for a wrong one.
func shownLevel() string {
	switch level := strings.ToUpper(cmp.Or(os.Getenv("TF_LOG_PROVIDER"), os.Getenv("TF_LOG"))); level {
	case "", "OFF":
		return "OFF"
	case "DEBUG", "INFO", "WARN", "ERROR":
		return level
	}
	return ""
}
