package s3blob

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
)

func TestCORS(t *testing.T) {
	store := startBehind(t, nil)
	if got, err := store.CORS(t.Context()); err != nil || len(got.Rules) != 0 {
		t.Errorf("a bucket without rules: %+v, %v", got, err)
	}
	want := blob.CORSConfig{Rules: []blob.CORSRule{
		{ID: "second", AllowedOrigins: []string{"https://b.example.com"}, AllowedMethods: []string{"GET", "PUT"}, AllowedHeaders: []string{"*"}, ExposeHeaders: []string{"ETag"}, MaxAgeSeconds: aws.Int32(600)},
		{ID: "first", AllowedOrigins: []string{"https://a.example.com", "*"}, AllowedMethods: []string{"HEAD"}},
	}}
	if err := store.SetCORS(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	if got, err := store.CORS(t.Context()); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if err := store.SetCORS(t.Context(), blob.CORSConfig{}); err != nil {
		t.Fatal(err)
	}
	if got, err := store.CORS(t.Context()); err != nil || len(got.Rules) != 0 {
		t.Errorf("after the rules were taken away: %+v, %v", got, err)
	}
	store.proxy.Inject(faultproxy.Match{Query: "cors"}, faultproxy.Refuse501, 1, 100)
	_, readErr := store.CORS(t.Context())
	for _, err := range []error{readErr, store.SetCORS(t.Context(), want), store.SetCORS(t.Context(), blob.CORSConfig{})} {
		var failure *blob.Error
		if !errors.Is(err, errors.ErrUnsupported) || !errors.As(err, &failure) || !strings.Contains(failure.Advice, "cors_rule") {
			t.Errorf("%v", err)
		}
	}
}

// All rules are sent, so that a repetition of them would undo what another program has written since: whoever made them makes them anew.
func TestRulesAreSentOnce(t *testing.T) {
	rules := blob.CORSConfig{Rules: []blob.CORSRule{{AllowedOrigins: []string{"*"}, AllowedMethods: []string{"GET"}}}}
	store := startBehind(t, nil)
	for _, sent := range []blob.CORSConfig{rules, {}} {
		for _, fault := range []faultproxy.Fault{faultproxy.Reset, faultproxy.LoseAnswer, faultproxy.Refuse429, faultproxy.Refuse500, faultproxy.Refuse503} {
			store.proxy.Clear()
			store.proxy.Inject(faultproxy.Match{Query: "cors"}, fault, 1, 1)
			if err := store.SetCORS(t.Context(), sent); !errors.Is(err, blob.ErrUnreachable) {
				t.Errorf("%s: %v", fault, err)
			}
			if requests := store.proxy.Methods(); len(requests) != 1 {
				t.Errorf("%s: sent by %v", fault, requests)
			}
		}
	}
}

// What met another change, or was one too many, may be tried again.
func TestRulesThatMeetOthers(t *testing.T) {
	for code, status := range map[string]int{"OperationAborted": 409, "Conflict": 409, "ThrottlingException": 400} {
		store := fakeStore(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amz-Request-Id", "4711")
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(status)
			io.WriteString(w, "<Error><Code>"+code+"</Code><Message>so it is</Message></Error>")
		})
		if err := store.SetCORS(t.Context(), blob.CORSConfig{}); !errors.Is(err, blob.ErrUnreachable) {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func TestPresignedURLs(t *testing.T) {
	store := startBehind(t, nil)
	do := func(method string, body []byte) (*http.Response, string) {
		t.Helper()
		signed, err := store.Presign(t.Context(), method, "a b/key+1", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		request, err := http.NewRequestWithContext(t.Context(), method, signed, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		driver, _ := store.lazy.Get(t.Context())
		response, err := driver.quick.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode/100 != 2 {
			t.Errorf("%s: %s %s %v", method, response.Status, text, err)
		}
		return response, string(text)
	}
	do(http.MethodPut, []byte("data"))
	if response, _ := do(http.MethodHead, nil); response.ContentLength != 4 {
		t.Errorf("HEAD: %v", response.Header)
	}
	if _, text := do(http.MethodGet, nil); text != "data" {
		t.Errorf("GET: %q", text)
	}
	do(http.MethodDelete, nil)
	if _, err := store.Presign(t.Context(), http.MethodPost, "key", time.Minute); err == nil {
		t.Error("POST was signed")
	}
}
