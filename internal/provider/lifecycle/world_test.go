package lifecycle_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"strings"
	"sync/atomic"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// world is the store that a provider works in, as another client sees it. Two workspaces are in it, with the prefixes "a" and "b".
// Paths are those below both.
type world interface {
	name() string
	// provider are the attributes of the provider's block.
	provider() map[string]tftypes.Value
	// bases are the spellings of the base URI of the workspace with a prefix; the first is the usual one.
	bases(prefix string) []string
	// look reads all that exists.
	look() map[string]thing
	// put writes an object as another client would.
	put(path string, data []byte, metadata map[string]string)
	// edit changes the attributes of an object, and leaves its bytes and its owner's token.
	edit(path string, metadata map[string]string)
	// own gives an object a token, as who copies all of the metadata along.
	own(path, token string)
	remove(path string)
	// leftovers are what an upload has left that is no object.
	leftovers() []string
	// harm lets something go wrong in the n-th step of the next call.
	harm(kind string, n int) (ctx context.Context, end func())
	harms() []string
	// settle waits until what was cancelled on its way is done, or never will be.
	settle()
	// remote is the URL of an object at a path; "": objects of this store are read like files.
	remote(path string) string
	// copies reports whether the store copies its own objects.
	copies() bool
	// accelerate switches the bucket's acceleration by hand.
	accelerate(on bool)
	// allow replaces the bucket's CORS rules by hand.
	allow(rules []corsRule)
}

// accelerationPath is under which look shows whether the bucket's acceleration is on, where a store has one.
const accelerationPath = "?acceleration"

func switched(on bool) thing {
	if on {
		return thing{data: "on"}
	}
	return thing{data: "off"}
}

// thing is an object. Two of the same tag are the same object to who looks at tags and sizes alone.
type thing struct {
	data     string
	tag      string
	owner    string
	kind     string // content type; "": the store keeps none
	metadata map[string]string
}

func (o thing) equal(other thing) bool {
	return o.data == other.data && o.tag == other.tag && o.owner == other.owner && o.kind == other.kind && maps.Equal(o.metadata, other.metadata)
}

func (o thing) String() string {
	return fmt.Sprintf("%d bytes %.12q, tag %s, owner %q, %s %v", len(o.data), o.data, o.tag, o.owner, o.kind, o.metadata)
}

// ownerKey and hashKey are entries in the metadata of object stores. They are part of users' buckets.
const (
	ownerKey = "flink-owner"
	hashKey  = "flink-sha256"
)

// withMetadata splits what the provider keeps in an object's metadata from that of users. A hash that is stored must be right, if there is a token with it:
// whoever only copies the metadata stores anything.
func (o thing) withMetadata(metadata map[string]string) thing {
	o.metadata = map[string]string{}
	for key, value := range metadata {
		switch key = strings.ToLower(key); key {
		case ownerKey:
			o.owner = value
		case hashKey:
		default:
			o.metadata[key] = value
		}
	}
	return o
}

func sum(data string) string {
	digest := sha256.Sum256([]byte(data))
	return hex.EncodeToString(digest[:])
}

// texts are what files hold: the first two have one length.
var texts = []string{"the first job.", "the other job.", "a longer job with more to say", "", strings.Repeat("many jobs. ", 40)}

// countdown cancels itself at the n-th question for a value. Values are requested by every timeout that is set on them, and by every request.
type countdown struct {
	context.Context
	cancel context.CancelFunc
	left   *atomic.Int64
}

func newCountdown(n int) countdown {
	ctx, cancel := context.WithCancel(context.Background())
	left := &atomic.Int64{}
	left.Store(int64(n))
	return countdown{ctx, cancel, left}
}

// Value implements context.Context.
func (c countdown) Value(key any) any {
	if c.left.Add(-1) <= 0 {
		c.cancel()
	}
	return c.Context.Value(key)
}

func stringMap(values map[string]string) tftypes.Value {
	elements := map[string]tftypes.Value{}
	for key, value := range values {
		elements[key] = str(value)
	}
	return tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, elements)
}
