// Package hostile is the suite of what a store makes of answers that no store gives: whatever comes back, an operation ends, believes
// nothing that is not proven, sends nothing to anybody else, and fails in words that can be shown.
package hostile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// Vendor is a kind of store that speaks S3's protocol, or one that came of it.
type Vendor struct {
	// Open opens a new store at an endpoint, the accelerated one included, whose requests are repeated so often, over connections that dial makes;
	// nil: the network's.
	Open func(t testing.TB, endpoint string, retries int, dial wire.Dial) Store

	Names   objectstore.Names
	Genuine string // a header of the store's answers: "x-amz-request-id: 4711"
	Meta    string // how the names of headers with metadata begin: "x-amz-meta-"
	Secret  string // is in no failure

	// Unsaid are words that are in no failure either, as they lead to secrets.
	Unsaid []string

	// Proves reports whether an answer has what all answers of the store have; nil: there is no such thing.
	Proves func(http.Header) bool

	// Reason is what a refusal says in its header; nil: nothing.
	Reason func(http.Header) []byte

	Accelerated Operation   // whether a bucket is accelerated: Root, or "" where an answer without a body will do
	Tried       Operation   // TryAcceleration: Method, Root and Done
	Own         []Operation // what only this kind does
	Answers     []Answer    // to begin fuzzing with, beside those for all
}

// Endpoint is where nobody listens.
const Endpoint = "http://127.0.0.1:1"

// at is a store whose requests are sent once, whatever the address, over connections that dial makes.
func (v Vendor) at(t testing.TB, dial wire.Dial) Store { return v.Open(t, Endpoint, 0, dial) }

// Store is a store under test.
type Store struct {
	Public

	Driver func(context.Context) (objectstore.Driver, error)
}

// Public is what a store of any kind does.
type Public interface {
	blob.Store
	blob.CORSConfigurer
	blob.Accelerator

	Fail(operation, key string, err error) error
}

// Operation is one call, and what an answer has to be for it to succeed.
type Operation struct {
	Name     string
	Method   string
	Root     string // of the answer's XML; "": it has none
	Done     string // a code of a refusal that says that nothing is left to do
	Optional bool   // a refusal is no failure
	Send     func(ctx context.Context, s Store) error
}

// Answer is what a server answers.
type Answer struct {
	Status int
	Header string // the lines between the status line and the empty line
	Body   string
}

var (
	// errNonsense is a success that cannot be one.
	errNonsense = errors.New("this is no result")
	// errOff is a success that says that something does not exist.
	errOff = errors.New("it is off")
)

const key = "dir/key"

func (v Vendor) operations() []Operation {
	edit := func(a *blob.Attrs) { a.Owner = "whom no answer names" }
	rules := blob.CORSConfig{Rules: []blob.CORSRule{{AllowedOrigins: []string{"*"}, AllowedMethods: []string{"GET"}}}}
	by := func(name string, call func(ctx context.Context, d objectstore.Driver, u objectstore.Upload) (result string, err error)) func(context.Context, Store) error {
		return func(ctx context.Context, s Store) error {
			var result string
			var upload objectstore.Upload
			driver, err := s.Driver(ctx)
			if err == nil {
				upload, err = driver.Upload(ctx, objectstore.Target{Key: key})
			}
			if err == nil {
				result, err = call(ctx, driver, upload)
			}
			if err == nil && result == "" {
				err = wire.Lacks("a result") // as package objectstore says
			}
			return s.Fail(name, key, err)
		}
	}
	accelerated, tried := v.Accelerated, v.Tried
	accelerated.Name, accelerated.Method, accelerated.Send = "Acceleration", http.MethodGet, func(ctx context.Context, s Store) error {
		on, err := s.Acceleration(ctx)
		if err == nil && !on {
			return errOff
		}
		return err
	}
	tried.Name, tried.Send = "TryAcceleration", func(ctx context.Context, s Store) error { return s.TryAcceleration(ctx) }
	return append([]Operation{
		accelerated, tried,
		{Name: "Bucket", Method: "GET", Root: "ListBucketResult", Send: func(ctx context.Context, s Store) error { return s.Bucket(ctx) }},
		{Name: "Head", Method: "HEAD", Send: func(ctx context.Context, s Store) error { return described(s.Head(ctx, key)) }},
		{Name: "Open", Method: "GET", Send: func(ctx context.Context, s Store) error { return readAll(ctx, s, blob.ReadOptions{}) }},
		{Name: "Open a range", Method: "GET", Send: func(ctx context.Context, s Store) error {
			return readAll(ctx, s, blob.ReadOptions{Offset: 2, Length: 3})
		}},
		{Name: "List", Method: "GET", Root: "ListBucketResult", Send: list},
		{Name: "Put", Method: "PUT", Send: func(ctx context.Context, s Store) error {
			info, _, err := blob.Put(ctx, s, key, blobtest.BytesSource([]byte("data")), nil, blob.PutOptions{})
			return described(info, err)
		}},
		{Name: "SetAttrs", Method: "PUT", Root: "CopyObjectResult", Send: func(ctx context.Context, s Store) error {
			return described(s.SetAttrs(ctx, key, blob.Cond{}, edit))
		}},
		{Name: "Delete", Method: "DELETE", Done: "NoSuchKey", Send: func(ctx context.Context, s Store) error { return s.Delete(ctx, key, blob.Cond{}) }},
		{Name: "CORS", Method: "GET", Root: "CORSConfiguration", Done: "NoSuchCORSConfiguration", Send: func(ctx context.Context, s Store) error {
			_, err := s.CORS(ctx)
			return err
		}},
		{Name: "SetCORS", Method: "PUT", Send: func(ctx context.Context, s Store) error { return s.SetCORS(ctx, rules) }},
		{Name: "SetCORS to none", Method: "DELETE", Send: func(ctx context.Context, s Store) error { return s.SetCORS(ctx, blob.CORSConfig{}) }},
		{Name: "SetAcceleration", Method: "PUT", Send: func(ctx context.Context, s Store) error { return s.SetAcceleration(ctx, true) }},
		{Name: v.Names.Begin, Method: "POST", Root: "InitiateMultipartUploadResult", Send: by(v.Names.Begin, func(ctx context.Context, _ objectstore.Driver, u objectstore.Upload) (string, error) {
			return u.Begin(ctx, objectstore.Begin{})
		})},
		{Name: v.Names.Complete, Method: "POST", Root: "CompleteMultipartUploadResult", Send: by(v.Names.Complete, func(ctx context.Context, _ objectstore.Driver, u objectstore.Upload) (string, error) {
			written, err := u.Complete(ctx, []multipart.Done{{Number: 1, ETag: "e"}}, multipart.Whole{}, objectstore.Guard{})
			return written.ETag, errors.Join(err, written.Garbled)
		})},
		{Name: v.Names.CopyPart, Method: "PUT", Root: "CopyPartResult", Send: by(v.Names.CopyPart, func(ctx context.Context, _ objectstore.Driver, u objectstore.Upload) (string, error) {
			return u.CopyPart(ctx, "bucket", multipart.CopiedPart{Number: 1, Object: blob.Info{Key: "from", ETag: "e"}, Length: 1})
		})},
		{Name: v.Names.ListUploads, Method: "GET", Root: "ListMultipartUploadsResult", Send: by(v.Names.ListUploads, func(ctx context.Context, d objectstore.Driver, _ objectstore.Upload) (string, error) {
			_, err := d.(objectstore.UploadLister).ListUploads(ctx, key, objectstore.Marker{})
			return "listed", err
		})},
		{Name: v.Names.Abort, Method: "DELETE", Send: by(v.Names.Abort, func(ctx context.Context, d objectstore.Driver, _ objectstore.Upload) (string, error) {
			return "aborted", d.AbortUpload(ctx, key, "id", true)
		})},
	}, v.Own...)
}

func described(info blob.Info, err error) error {
	if err == nil && (info.ETag == "" || info.Size < 0 || info.Attrs == nil) {
		return fmt.Errorf("%w: %+v", errNonsense, info)
	}
	return err
}

func readAll(ctx context.Context, s Store, options blob.ReadOptions) error {
	object, err := s.Open(ctx, key, options)
	if err != nil {
		return err
	}
	defer object.Close()
	if _, err = io.Copy(io.Discard, object); err != nil {
		return err
	}
	return described(object.Info, nil)
}

func list(ctx context.Context, s Store) error {
	page, err := s.List(ctx, blob.Query{Prefix: "dir/", Delimiter: "/", Token: "t"})
	for _, info := range page.Infos {
		if !strings.HasPrefix(info.Key, "dir/") || info.Size < 0 {
			return fmt.Errorf("%w: %+v", errNonsense, info)
		}
	}
	for _, prefix := range page.Prefixes {
		if !strings.HasPrefix(prefix, "dir/") {
			return fmt.Errorf("%w: %q", errNonsense, prefix)
		}
	}
	if page.Next == "t" {
		return fmt.Errorf("%w: the same page again", errNonsense)
	}
	return err
}

// Every calls every operation of a store, and returns what became of each that did not say that something is off, or may be.
func (v Vendor) Every(ctx context.Context, s Store) map[string]error {
	errs := map[string]error{}
	for _, operation := range v.operations() {
		err := operation.Send(ctx, s)
		if !errors.Is(err, errOff) && (err != nil || !operation.Optional) {
			errs[operation.Name] = err
		}
	}
	return errs
}

// CheckFailure checks that a failure is one in words, which can be shown, and which name no secret.
func (v Vendor) CheckFailure(t *testing.T, operation string, err error) {
	t.Helper()
	var failure *blob.Error
	if !errors.As(err, &failure) || failure.Op == "" || failure.Err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%s: %#v", operation, err)
		return
	}
	said := strings.ReplaceAll(err.Error(), "\n", " ") + failure.Advice // a failure of the clean-up comes in a line of its own
	tells := slices.ContainsFunc(append(v.Unsaid, v.Secret), func(word string) bool { return strings.Contains(said, word) })
	if tells || len(said) > 8000 || !utf8.ValidString(said) || strings.ContainsFunc(said, unicode.IsControl) {
		t.Errorf("%s: %q", operation, said)
	}
}

// ExpectAll checks that each of these failures can be shown, is what is wanted (nil: anything), and says the words and what to do.
func (v Vendor) ExpectAll(t *testing.T, errs map[string]error, want error, words ...string) {
	t.Helper()
	for operation, err := range errs {
		v.CheckFailure(t, operation, err)
		var failure *blob.Error
		if !errors.As(err, &failure) || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: %v; want %v", operation, err, want)
			continue
		}
		said := err.Error() + " " + failure.Advice
		for _, word := range words {
			if !strings.Contains(said, word) {
				t.Errorf("%s: %q lacks %q", operation, said, word)
			}
		}
		if failure.Advice == "" || failure.URI == "" || len(said) > 800 {
			t.Errorf("%s: %+v", operation, failure)
		}
	}
}
