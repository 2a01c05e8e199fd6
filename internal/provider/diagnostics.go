package provider

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
)

// failures has every failure that a user can meet, the more special ones first.
// Each has one title, and what to do next unless the store's own error knows better.
var failures = []struct {
	is     error
	title  string
	advice string
}{
	{context.Canceled, "Interrupted", "The run was cancelled. Each write either completed or was rolled back. Run it again."},
	{context.DeadlineExceeded, "Timed out", "Increase the limit in the resource's timeouts block, or find out why the store is slow. Each write either completed or was rolled back. Run it again."},
	{blob.ErrSourceChanged, sourceChangedTitle, "Nothing was published. Wait until the process that writes the source has finished, then run again."},
	{blob.ErrStartOver, sourceChangedTitle, "Nothing was published, even after another attempt. Wait until the process that writes the source has finished, then run again."},
	{source.ErrTruncated, "Download ended early", "Nothing was published. The server, or a proxy in between, does not send the whole file: try again, or use another URL."},
	{source.ErrRedirect, "Redirect not followed", "Set source_url to the final URL of the file."},
	{source.ErrNoRanges, "Server does not support range requests", "Download the file, and set source to its local path."},
	{source.ErrServer, "Server did not return the file", "Try again later, or check the server's response to the URL."},
	{source.ErrChecksums, "Unusable checksum file", "Set content_sha256_url to a checksum file that lists this file, or pin it with content_sha256."},
	{source.ErrNotRegular, "The source is not a regular file", "Set source to a regular file. Pack a directory first, for example into a ZIP file."},
	{blob.ErrNoBucket, "No such bucket", "Check the base URI, and the endpoint and region of the provider's block; create the bucket if it is missing."},
	{
		blob.ErrNotAccelerated, "Transfer acceleration is not enabled",
		"Nothing was published. Add a flink_transfer_acceleration resource with wait = true for this bucket, and make the artifact depend on it (depends_on), or remove accelerate. " +
			"If it was enabled recently, it takes up to 30 minutes to become effective: try again later.",
	},
	{blob.ErrSettings, "Invalid provider settings", "Correct the provider's block or the environment. Nothing was sent."},
	{blob.ErrWrongRegion, "The bucket is in another region", "Set the bucket's region in the provider's block."},
	{blob.ErrNotAStore, "The endpoint is not an object store", "Check the endpoint in the provider's block: a proxy or a web console seems to respond instead of the store."},
	{blob.ErrCredentials, "No valid credentials", "Set credentials in the provider's block or in the environment, or renew the expired ones."},
	{blob.ErrUnreachable, "The store cannot be reached", "Check the endpoint in the provider's block, the network and the proxy settings."},
	{blob.ErrUnconfirmed, "The change could not be confirmed", "It may have been made. Plan again to see the current state, once the store responds."},
	{
		blob.ErrLost, "Object written by another client at the same time",
		"The store let both writes succeed, and one is lost: the object that exists now is whole. If only its attributes were being changed, another client's content type and metadata may have been replaced. " +
			"Let only one state or client manage this object, then plan again.",
	},
	{blob.ErrChanged, "The object changed since the plan", "Another client has written or deleted it. Nothing was changed. Plan again to see the current state."},
	{blob.ErrUndone, "CORS rules were overwritten by another client", "Another client writes the CORS rules of the bucket at the same time. Let only one of them run, then plan again."},
	{fs.ErrExist, "Object created by another client", "It did not exist at the beginning of this operation. Nothing was changed. Plan again to see the current state."},
	{errors.ErrUnsupported, "Operation not supported by this store", "Remove the attribute, or use a store that supports it."},
	{fs.ErrPermission, "Access denied", "Check the permissions of the credentials in use."},
	{fs.ErrNotExist, "Not found", "Check the base URI and the name, which are case-sensitive."},
}

// failure puts an error into the words of a diagnostic: what was tried, the cause, the next step.
func failure(tried string, err error) (title, detail string) {
	title, advice := unexpectedTitle, "If it happens again, please report it with this text."
	var mismatch *blob.MismatchError
	if errors.As(err, &mismatch) {
		title = "The source differs from the plan"
		advice = "Nothing was published. If the source was rebuilt since the plan, plan again. If it is pinned with content_sha256 or content_sha256_url, either the pin or the source is wrong; a checksum file may be older than the file."
	} else {
		for _, known := range failures {
			if errors.Is(err, known.is) {
				title, advice = known.title, known.advice
				break
			}
		}
	}
	var (
		remote     *source.Error
		storeError *blob.Error
	)
	if errors.As(err, &remote) {
		for _, known := range remoteTitles {
			if errors.Is(err, known.is) {
				title = known.title
			}
		}
	}
	if given := adviceOf(err); given != "" {
		advice = given
	} else if errors.As(err, &storeError) && storeError.Advice != "" && !errors.Is(err, blob.ErrNotAccelerated) { // which resource switches it on is known here
		advice = storeError.Advice
		if title == unexpectedTitle { // the backend knows what it is, and what to do
			title = "The store rejected the request"
		}
	}
	return title, explained(tried, err, advice)
}

// explained is the detail of every failure: what was tried, the cause, the next step.
func explained(tried string, cause error, advice string) string {
	return fmt.Sprintf("%s failed.\n\nCause: %s\n\nWhat to do: %s", tried, rule.Sentence(cause), advice)
}

const (
	unexpectedTitle       = "Unexpected failure"
	sourceChangedTitle    = "The source changed while being read"
	sourceMissingTitle    = "The source is missing"
	sourceUnreadableTitle = "The source cannot be read"
)

// sourceFailure is failure for the artifact's own file.
func sourceFailure(name string, err error) (title, detail string) {
	tried := fmt.Sprintf("Reading the source %q", name)
	switch {
	case errors.Is(err, source.ErrNotRegular):
		return failure(tried, err)
	case errors.Is(err, fs.ErrNotExist):
		return sourceMissingTitle, explained(tried, err, "Build the file first, or correct its path. A relative path starts at the root module's directory.")
	case errors.Is(err, fs.ErrPermission):
		return sourceUnreadableTitle, explained(tried, err, "Grant read access to the user who runs Terraform.")
	}
	return failure(tried, err)
}

// damagedState is a state with values that this provider never writes.
// What it describes cannot be found, so it must leave the state.
func damagedState(what string, err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Damaged state", explained("Reading "+what+" from the state", err,
		"Remove the resource from the state (terraform state rm ADDRESS), and import it again to continue. The store is not changed."))
}

// unopened is a store or a source, by its name, that cannot be opened, or not yet; attribute is the one that names it.
func unopened(attribute, name string, err error) diag.Diagnostic {
	if errors.Is(err, errNotYet) {
		return diag.NewErrorDiagnostic("The provider's settings are not known yet", fmt.Sprintf("%s Until then %s cannot be read. "+
			"Add a depends_on to the data block for the resource that provides the value, or create that first: terraform apply -target=ADDRESS.", rule.Sentence(err), name))
	}
	return failureAt(attribute, "Opening "+name, err)
}

// ownBug is what cannot happen unless this provider is wrong.
func ownBug(tried string, err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Internal provider error", explained(tried, err, "This is a bug in the provider. Please report it with this text."))
}

// remoteTitles are those of failures that stores and sources have in common, for a source.
var remoteTitles = []struct {
	is    error
	title string
}{
	{fs.ErrNotExist, sourceMissingTitle},
	{fs.ErrPermission, sourceUnreadableTitle},
	{blob.ErrUnreachable, "The source cannot be reached"},
}

// adviceOf is the advice of a remote source itself; "" where it has none.
func adviceOf(err error) string {
	var remote *source.Error
	if errors.As(err, &remote) {
		return remote.Advice
	}
	return ""
}

// failureAt is a failure that concerns one attribute.
func failureAt(attribute, tried string, err error) diag.Diagnostic {
	title, detail := failure(tried, err)
	return diag.NewAttributeErrorDiagnostic(path.Root(attribute), title, detail)
}
