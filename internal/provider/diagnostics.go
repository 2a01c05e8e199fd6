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

// failures has every failure that a user can meet, the more special ones first. Each has one title, and what to do next unless the
// store's own error knows better.
var failures = []struct {
	is     error
	title  string
	advice string
}{
	{
		context.Canceled, "Interrupted",
		"The run was cancelled. What was begun is whole or undone; run it again.",
	},
	{
		context.DeadlineExceeded, "Timed out",
		"Raise the time in the resource's timeouts block, or look for what makes the store slow. What was begun is whole or undone; run it again.",
	},
	{
		blob.ErrSourceChanged, sourceChangedTitle,
		"Nothing was published. Let what writes the source finish, then run again.",
	},
	{
		blob.ErrStartOver, sourceChangedTitle,
		"Nothing was published, though it was tried again. Let what writes the source finish, then run again.",
	},
	{
		source.ErrTruncated, "The source breaks off",
		"Nothing was published. The server, or a proxy on the way, does not send the whole file: try again, or fetch it from another place.",
	},
	{
		source.ErrRedirect, "The redirect is not followed",
		"Set source_url to where the file is.",
	},
	{
		source.ErrNoRanges, "The server gives no parts of a file",
		"Download the file, and set source to its path.",
	},
	{
		source.ErrServer, "The server does not give the file",
		"Try again later, or look at what the server says of the URL.",
	},
	{
		source.ErrChecksums, "The checksum file cannot be used",
		"Set content_sha256_url to the checksums of this very file, or pin it with content_sha256.",
	},
	{
		source.ErrNotRegular, "The source is not a file",
		"Name one regular file. A directory must be packed first, for example into a ZIP file.",
	},
	{
		blob.ErrNoBucket, "No such bucket",
		"Check the base URI, and the endpoint and region of the provider's block; create the bucket if it is missing.",
	},
	{
		blob.ErrNotAccelerated, "Transfer acceleration is not on",
		"Nothing was published. Add a flink_transfer_acceleration resource for this bucket, with wait = true, and let the artifact depend on it (depends_on); or leave accelerate out. " +
			"If it was switched on a moment ago, it takes up to 30 minutes to work: try again later.",
	},
	{
		blob.ErrSettings, "The provider's settings cannot be used",
		"Correct the provider's block or the environment. Nothing was sent.",
	},
	{
		blob.ErrWrongRegion, "The bucket is in another region",
		"Set the bucket's region in the provider's block.",
	},
	{
		blob.ErrNotAStore, "The endpoint is no object store",
		"Check the endpoint in the provider's block: a proxy or a web console seems to answer in the store's place.",
	},
	{
		blob.ErrCredentials, "No valid credentials",
		"Set credentials in the provider's block or in the environment, or renew the expired ones.",
	},
	{
		blob.ErrUnreachable, "The store cannot be reached",
		"Check the endpoint in the provider's block, the network and the proxy settings.",
	},
	{
		blob.ErrChanged, "The object changed since the plan",
		"Somebody else has written or removed it. Nothing was changed; plan again to see what is there now.",
	},
	{
		blob.ErrUndone, "The CORS rules do not stay",
		"Another program writes the bucket's CORS rules at the same time. Let only one of them run, then plan again.",
	},
	{
		fs.ErrExist, "An object is there already",
		"It was written by somebody else a moment ago. Nothing was changed; plan again to see what is there now.",
	},
	{
		errors.ErrUnsupported, "The store cannot do that",
		"Leave the attribute out, or use a store that has this function.",
	},
	{
		fs.ErrPermission, "Access denied",
		"Check the permissions of the credentials that are used.",
	},
	{
		fs.ErrNotExist, "Not found",
		"Check the base URI and the name: upper and lower case differ.",
	},
}

// failure puts an error into the words of a diagnostic: what was tried, the cause, the next step.
func failure(tried string, err error) (title, detail string) {
	title, advice := unexpectedTitle, "If it comes again, please report it with this text."
	var mismatch *blob.MismatchError
	if errors.As(err, &mismatch) {
		title = "The source has other bytes than planned"
		advice = "Nothing was published. If the source was built anew since the plan, plan again. If content_sha256 or content_sha256_url pins it, either the pin or the source is wrong; a checksum file may be older than the file."
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
			title = "The store refused"
		}
	}
	return title, explained(tried, err, advice)
}

// explained is what every failure says: what was tried, the cause, the next step.
func explained(tried string, cause error, advice string) string {
	return fmt.Sprintf("%s failed.\n\nCause: %s\n\nWhat to do: %s", tried, rule.Sentence(cause), advice)
}

const (
	unexpectedTitle       = "Unexpected failure"
	sourceChangedTitle    = "The source changed while it was read"
	sourceMissingTitle    = "The source is missing"
	sourceUnreadableTitle = "The source cannot be read"
)

// damagedState is a state that says what this provider has never written. What it describes cannot be found, so it must leave the state.
func damagedState(what string, err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Damaged state", explained("Reading "+what+" from the state", err,
		"Take the resource out of the state (terraform state rm ADDRESS), and import it again to go on with it. What is in the store stays as it is."))
}

// invalidImport is an import of something that is no URI of the resource; example is one.
func invalidImport(example string, err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Invalid import ID", explained("Importing", err, "Import by the URI: terraform import ADDRESS '"+example+"'."))
}

// ownBug is what cannot happen unless this provider is wrong.
func ownBug(tried string, err error) diag.Diagnostic {
	return diag.NewErrorDiagnostic("The provider does not understand its own data", explained(tried, err, "This is a bug of the provider. Please report it with this text."))
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

// adviceOf is what a remote source itself says to do; "" where it says nothing.
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
