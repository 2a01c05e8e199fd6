package provider

import (
	"context"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// hostileStore lists what it is made to, whatever is requested.
type hostileStore struct {
	blob.Store
	pages []blob.Page
	asked int
}

func (s *hostileStore) List(context.Context, blob.Query) (blob.Page, error) {
	page := s.pages[min(s.asked, len(s.pages)-1)]
	s.asked++
	return page, nil
}

// Whatever a store lists, what flink_artifacts returns is in the namespace: each name once, as it is in the store, with an address that reads
// back to it. A listing that is a circle ends.
func FuzzListedArtifacts(f *testing.F) {
	const directory = "vvp/artifacts/namespaces/default/"
	f.Add("s3a://bucket/vvp", directory+"a.jar\n"+directory+"b.jar\n\n"+directory+"c.jar", false)
	f.Add("s3://bucket/vvp", directory+"\n"+directory+"..\n"+directory+".\n"+directory+"x/y\nvvp/other\n../../etc", false)
	f.Add("oss://acme/vvp", directory+"a\x00\x1b[2J\n"+directory+"\xff\n"+directory+"e\u0301\n"+directory+`a\b`+"\n"+directory+"a?b#c", true)
	f.Add("file:///srv", "artifacts/namespaces/default/a\n\nartifacts/namespaces/default/a", true)
	f.Fuzz(func(t *testing.T, uri, text string, more bool) {
		base, err := schemes.All.ParseBaseURI(uri)
		if err != nil {
			return
		}
		store := &hostileStore{}
		there := map[string]bool{}
		for lines := range strings.SplitSeq(text, "\n\n") {
			page := blob.Page{Next: "next"}
			for key := range strings.SplitSeq(lines, "\n") {
				page.Infos = append(page.Infos, blob.Info{Key: key})
				there[key] = true
			}
			store.pages = append(store.pages, page)
		}
		if !more {
			store.pages[len(store.pages)-1].Next = ""
		}
		below := workspace.ArtifactsDirectory("default")
		listed, diags := list(t.Context(), store, base, below)
		if store.asked > len(store.pages)+1 {
			t.Errorf("%d pages were read of %d", store.asked, len(store.pages))
		}
		if diags.HasError() && listed != nil {
			t.Errorf("%+v, and yet: %v", listed, diags)
		}
		for _, d := range diags {
			if !utf8.ValidString(d.Detail()) || strings.Contains(d.Detail(), "\x1b") {
				t.Errorf("%q: %q", d.Summary(), d.Detail())
			}
		}
		for _, artifact := range listed {
			name := artifact.Filename
			if !there[base.Key(below)+name] || artifact.URI != base.URI(below)+name {
				t.Errorf("%q at %q is none of %q", name, artifact.URI, text)
			}
			if name == "" || name == "." || name == ".." || strings.Contains(name, "/") || !utf8.ValidString(name) || !norm.NFC.IsNormalString(name) {
				t.Errorf("%q is listed", name)
			}
			if _, err := workspace.NewArtifact(base, "default", name); err == nil && !strings.Contains(artifact.URI, "=") {
				if back, err := schemes.All.ParseArtifactURI(artifact.URI); err != nil || back.Filename != name || back.Namespace != "default" || back.Base != base {
					t.Errorf("%q came back as %+v, %v", artifact.URI, back, err)
				}
			}
		}
	})
}
