// Package workaround has what this provider does because something below it, or Terraform, does otherwise than it needs.
// Look here when one of these is upgraded:
//
//	piece        needed because of                                            can go when
//	calls.go     terraform-plugin-framework 1.19.0,                           registerContext forgets a call that is answered
//	             internal/proto6server/serve.go, registerContext              (no issue is known; Stop came with #781 there)
//	model.go     terraform-plugin-framework 1.19.0,                           terraform-plugin-framework#725 is closed
//	             internal/reflect/helpers.go, isValidFieldName
//	loglevel.go  terraform-plugin-go 0.31.0, internal/logging/context.go,     terraform-plugin-framework#1269 is closed, or Terraform
//	             and terraform-plugin-log 0.11.0, tfsdklog/sdk.go             passes the level on, as opentofu#2969 proposes
//	output.go    credentials-go 1.4.14, credentials/providers/external.go     it prints nothing
//	             and oauth.go; go-plugin 1.7.0, server.go; terraform#28699
//	             net/http, transport.go, readLoopPeekFailLocked               http.Transport has a logger of its own
//	redirect.go  credentials-go 1.4.14, credentials/internal/http/http.go     it follows no redirect, or takes a transport
package workaround

import (
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Process prepares a process that serves the provider of that address.
// Where a developer runs it for a debugger, the log is theirs.
func Process(address string, debug bool) {
	discardLog()
	denyRedirects()
	if !debug {
		logWhatIsShown(address)
	}
}

// Server wraps a provider's server.
func Server(server tfprotov6.ProviderServer) tfprotov6.ProviderServer {
	return forgetful{quiet{server}}
}
