package provider

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// checkSource refuses more than one source, and none.
// The validators of the framework's own library go through all attributes of the schema for each one that they look at.
func (m artifactModel) checkSource() diag.Diagnostics {
	var diags diag.Diagnostics
	var given []string
	unknown := false
	for _, one := range []struct {
		name  string
		value types.String
	}{{"source", m.Source}, {"source_url", m.SourceURL}, {"content", m.Content}} {
		switch {
		case one.value.IsUnknown():
			unknown = true
		case !one.value.IsNull():
			given = append(given, one.name)
		}
	}
	const accepted = "Set exactly one of source (a local file), source_url (a file at another location) and content (the text itself)."
	switch {
	case len(given) > 1:
		diags.AddAttributeError(path.Root(given[1]), oneSourceTitle, "These are set together: "+strings.Join(given, ", ")+". "+accepted)
	case len(given) == 0 && !unknown:
		diags.AddError(oneSourceTitle, "No source is set. "+accepted)
	}
	return diags
}

const oneSourceTitle = "Exactly one source is required"

// pinned reports whether the configuration itself specifies the bytes, now or once it is known.
func (m artifactModel) pinned() bool {
	return !m.ContentSHA256.IsNull() || !m.ContentSHA256URL.IsNull()
}

// sourceAttribute is the attribute that specifies the source.
func (m artifactModel) sourceAttribute() string {
	switch {
	case !m.SourceURL.IsNull():
		return "source_url"
	case !m.Content.IsNull():
		return "content"
	}
	return "source"
}

// sourceName is what messages call the source: a path, or a URL without what may be secret in it.
func (m artifactModel) sourceName() string {
	if !m.SourceURL.IsNull() {
		return shown(m.SourceURL.ValueString())
	}
	return m.Source.ValueString()
}

// pinAttribute is the attribute that pins the bytes.
func (m artifactModel) pinAttribute() string {
	if !m.ContentSHA256URL.IsNull() {
		return "content_sha256_url"
	}
	return "content_sha256"
}
