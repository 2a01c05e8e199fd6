package settings

import (
	"errors"
	"net/url"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
)

var endpointRule = rule.String{Title: "Invalid endpoint", Check: checkEndpoint}

func checkEndpoint(value string) error {
	endpoint, err := url.Parse(value)
	switch {
	case err != nil:
		// url.Error repeats its input, which may hold a password.
		return errors.New("this is not a URL; an endpoint looks like https://s3.example.com:9000")
	case endpoint.Scheme != "https" && endpoint.Scheme != "http", endpoint.Host == "":
		return errors.New("an endpoint begins with https:// or http:// and a host name, as in https://s3.example.com:9000")
	case endpoint.User != nil:
		return errors.New("an endpoint has no user or password; set access_key and secret_key, or leave them to the environment")
	case endpoint.RawQuery != "", endpoint.Fragment != "":
		return errors.New("an endpoint has no query (\"?…\") and no fragment (\"#…\")")
	}
	return nil
}
