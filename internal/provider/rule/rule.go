// Package rule makes validators of functions that tell what is wrong with a value.
package rule

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// String is a rule on the value of an attribute.
// It looks at that alone: no file, no network.
type String struct {
	Title string             // of the error
	Check func(string) error // nil: the value is right; it is not called with null and unknown values
}

var _ validator.String = String{}

// Description is the rule's title.
func (r String) Description(context.Context) string { return r.Title }

// MarkdownDescription is the rule's title.
func (r String) MarkdownDescription(ctx context.Context) string { return r.Description(ctx) }

// ValidateString reports what is wrong with the value, at its attribute.
func (r String) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := r.Check(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, r.Title, Sentence(err))
	}
}

// Sentence makes an error's text one: it begins with a capital and ends in a full stop.
func Sentence(err error) string {
	text := err.Error()
	first, size := utf8.DecodeRuneInString(text)
	if word, _, _ := strings.Cut(text, " "); !strings.ContainsAny(word, "./:_") { // a file's name is not changed
		text = strings.ToUpper(string(first)) + text[size:]
	}
	if strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}
