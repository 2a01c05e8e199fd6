package provider_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
)

const consoleOrigin = "https://vvpsg.console.alibabacloud.com"

// corsBucket is the bucket of a place, whose CORS rules others change.
type corsBucket struct {
	client *s3.Client
	name   string
}

// inCORSBucket is a place whose requests are recorded, but for those by the bucket itself.
func inCORSBucket(t *testing.T) (place, corsBucket, *faultproxy.Proxy) {
	t.Helper()
	server := versitygw.Start(t, versitygw.Options{})
	p, proxy := inBucketOf(t, server)
	return p, bucketOf(p, server), proxy
}

func bucketOf(p place, server *versitygw.Server) corsBucket {
	return corsBucket{server.Client(), strings.TrimSuffix(strings.TrimPrefix(p.baseURI, "s3://"), "/vvp")}
}

// rules are the bucket's rules in their order.
func (b corsBucket) rules(t *testing.T) []types.CORSRule {
	t.Helper()
	out, err := b.client.GetBucketCors(context.Background(), &s3.GetBucketCorsInput{Bucket: &b.name})
	var failure smithy.APIError
	if errors.As(err, &failure) && failure.ErrorCode() == "NoSuchCORSConfiguration" {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.CORSRules
}

func (b corsBucket) set(t *testing.T, rules ...types.CORSRule) {
	t.Helper()
	if len(rules) == 0 {
		if _, err := b.client.DeleteBucketCors(context.Background(), &s3.DeleteBucketCorsInput{Bucket: &b.name}); err != nil {
			t.Fatal(err)
		}
		return
	}
	input := &s3.PutBucketCorsInput{Bucket: &b.name, CORSConfiguration: &types.CORSConfiguration{CORSRules: rules}}
	if _, err := b.client.PutBucketCors(context.Background(), input); err != nil {
		t.Fatal(err)
	}
}

// are checks the rules, each by its ID and its origins.
func (b corsBucket) are(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for _, rule := range b.rules(t) {
		got = append(got, strings.TrimSpace(aws.ToString(rule.ID)+" "+strings.Join(rule.AllowedOrigins, ",")))
	}
	if !slices.Equal(got, want) {
		t.Errorf("the rules are %q, want %q", got, want)
	}
}

// ruleID is what marks our rule in users' buckets: a change of it would orphan them.
func ruleID(baseURI string) string {
	return fmt.Sprintf("flink-%x", sha256.Sum256([]byte(baseURI)))[:len("flink-")+16]
}

func foreignRule(id, origin string) types.CORSRule {
	rule := types.CORSRule{AllowedOrigins: []string{origin}, AllowedMethods: []string{"GET", "PUT"}, AllowedHeaders: []string{"x-*"}, ExposeHeaders: []string{"ETag"}, MaxAgeSeconds: aws.Int32(0)}
	if id != "" {
		rule.ID = &id
	}
	return rule
}

func consoleRule(id string) types.CORSRule {
	return types.CORSRule{
		ID: &id, AllowedOrigins: []string{consoleOrigin}, AllowedMethods: []string{"PUT", "GET", "POST", "DELETE", "HEAD"}, AllowedHeaders: []string{"*"},
	}
}

func corsBlock(attributes ...string) string {
	return workspaceStorage("storage", `directories = ["artifacts"]`, "cors_rule = {\n"+strings.Join(attributes, "\n")+"\n}")
}

func TestCORSRuleAmongOthers(t *testing.T) {
	t.Parallel()
	p, bucket, _ := inCORSBucket(t)
	ours := ruleID(p.baseURI)
	first, second, third := foreignRule("", "https://a.example"), foreignRule("b", "https://b.example"), foreignRule("", "https://c.example")
	bucket.set(t, first, second)
	untouched := bucket.rules(t)

	rule := func(origin string, methods, headers, expose, age knownvalue.Check) statecheck.StateCheck {
		return keeps("cors_rule", knownvalue.ObjectExact(map[string]knownvalue.Check{
			"allowed_origins": setOf(origin), "allowed_methods": methods, "allowed_headers": headers, "expose_headers": expose, "max_age_seconds": age,
		}))
	}
	documented := rule(consoleOrigin, setOf("GET", "PUT", "POST", "DELETE", "HEAD"), setOf("*"), setOf(), knownvalue.Null())
	standard := p.provider() + corsBlock()
	changed := p.provider() + corsBlock(`allowed_origins = ["https://*.example.com"]`, `allowed_methods = ["PUT"]`, `allowed_headers = ["x-amz-*"]`, `expose_headers = ["ETag"]`, "max_age_seconds = 600")
	applies(t,
		step(standard, documented, then(func() { bucket.are(t, "https://a.example", "b https://b.example", ours+" "+consoleOrigin) })),
		unchanged(standard),
		step(standard, prepare(func() { bucket.set(t, append(bucket.rules(t), third)...) }), noChanges),
		// Drift of our rule is shown, and mended in its place.
		resource.TestStep{
			PreConfig: func() {
				rules := bucket.rules(t)
				rules[2].AllowedOrigins = []string{"https://drifted.example"}
				bucket.set(t, rules...)
			},
			RefreshState: true, ExpectNonEmptyPlan: true,
			Check: resource.TestCheckTypeSetElemAttr(storage, "cors_rule.allowed_origins.*", "https://drifted.example"),
		},
		step(standard, updates(storage), documented, then(func() {
			bucket.are(t, "https://a.example", "b https://b.example", ours+" "+consoleOrigin, "https://c.example")
		})),
		// Removed by hand, it comes back at the end.
		step(standard, prepare(func() { bucket.set(t, slices.Delete(bucket.rules(t), 2, 3)...) }), updates(storage), then(func() {
			bucket.are(t, "https://a.example", "b https://b.example", "https://c.example", ours+" "+consoleOrigin)
		})),
		step(
			changed, prepare(func() { bucket.set(t, append(bucket.rules(t), foreignRule("d", "https://d.example"))...) }),
			rule("https://*.example.com", setOf("PUT"), setOf("x-amz-*"), setOf("ETag"), knownvalue.Int64Exact(600)), then(func() {
				bucket.are(t, "https://a.example", "b https://b.example", "https://c.example", ours+" https://*.example.com", "d https://d.example")
				mine := bucket.rules(t)[3]
				if !slices.Equal(mine.AllowedMethods, []string{"PUT"}) || !slices.Equal(mine.AllowedHeaders, []string{"x-amz-*"}) ||
					!slices.Equal(mine.ExposeHeaders, []string{"ETag"}) || aws.ToInt32(mine.MaxAgeSeconds) != 600 {
					t.Errorf("our rule is %+v", mine)
				}
			}),
		),
		unchanged(changed),
		step(p.provider()+workspaceStorage("storage", `directories = ["artifacts"]`), then(func() {
			bucket.are(t, "https://a.example", "b https://b.example", "https://c.example", "d https://d.example")
		})),
		step(standard),
	)
	bucket.are(t, "https://a.example", "b https://b.example", "https://c.example", "d https://d.example")
	for i, rule := range bucket.rules(t)[:2] {
		if fmt.Sprint(describeRule(rule)) != fmt.Sprint(describeRule(untouched[i])) {
			t.Errorf("a rule of others became %v, and was %v", describeRule(rule), describeRule(untouched[i]))
		}
	}
}

func describeRule(rule types.CORSRule) []any {
	age := "none"
	if rule.MaxAgeSeconds != nil {
		age = fmt.Sprint(*rule.MaxAgeSeconds)
	}
	return []any{aws.ToString(rule.ID), rule.AllowedOrigins, rule.AllowedMethods, rule.AllowedHeaders, rule.ExposeHeaders, age}
}

// An equal rule of another client serves, is not ours, and stays.
func TestCORSRuleOfSomebodyElse(t *testing.T) {
	t.Parallel()
	p, bucket, _ := inCORSBucket(t)
	ours := ruleID(p.baseURI)
	bucket.set(t, consoleRule("theirs"))
	standard := p.provider() + corsBlock()
	applies(t,
		step(standard, then(func() { bucket.are(t, "theirs "+consoleOrigin) })),
		unchanged(standard),
		// A rule that is other than theirs is ours.
		step(
			p.provider()+corsBlock(`allowed_origins = ["https://mine.example"]`),
			then(func() { bucket.are(t, "theirs "+consoleOrigin, ours+" https://mine.example") }),
		),
		step(p.provider()+workspaceStorage("storage", `directories = ["artifacts"]`), then(func() { bucket.are(t, "theirs "+consoleOrigin) })),
		step(standard),
		// Theirs is removed: ours is needed.
		step(standard, prepare(func() { bucket.set(t) }), updates(storage), then(func() { bucket.are(t, ours+" "+consoleOrigin) })),
		step(standard, prepare(func() { bucket.set(t, consoleRule("theirs")) }), noChanges),
	)
	bucket.are(t, "theirs "+consoleOrigin)
}

// The last rule takes the configuration with it.
func TestCORSRuleAlone(t *testing.T) {
	t.Parallel()
	p, bucket, _ := inCORSBucket(t)
	config := p.provider() + corsBlock()
	applies(t,
		step(config, then(func() { bucket.are(t, ruleID(p.baseURI)+" "+consoleOrigin) })),
		imports(storage, p.baseURI, "base_uri"),
	)
	bucket.are(t)
}

// Two workspaces of one bucket work on its rules one after the other, each with a reading, a writing and a reading back.
func TestCORSRulesOfTwoWorkspaces(t *testing.T) {
	t.Parallel()
	p, bucket, proxy := inCORSBucket(t)
	bucket.set(t, foreignRule("b", "https://b.example"))
	one, other := p.baseURI+"/one", p.baseURI+"/other"
	config := p.provider()
	for name, baseURI := range map[string]string{"one": one, "other": other} {
		config += workspaceStorage(name, fmt.Sprintf("base_uri = %q", baseURI), `directories = ["logs"]`, fmt.Sprintf("cors_rule = {\n allowed_origins = [\"https://%s.example\"]\n}", name))
	}
	var markers atomic.Int32
	bothRun := make(chan struct{})
	applies(t, step(config, prepare(func() {
		proxy.Clear()
		proxy.OnRequest(func(request *http.Request) {
			switch {
			case request.URL.Query().Has("cors"): // not before both have come as far
				select {
				case <-bothRun:
				case <-time.After(time.Minute):
					t.Error("the workspaces are not created at the same time")
				}
			case strings.HasSuffix(request.URL.Path, "/logs/") && request.Method == http.MethodPut && markers.Add(1) == 2:
				close(bothRun)
			}
		})
	}), then(func() {
		rules := bucket.rules(t)
		ids := []string{}
		for _, rule := range rules {
			ids = append(ids, aws.ToString(rule.ID))
		}
		if len(rules) != 3 || ids[0] != "b" || !slices.Contains(ids, ruleID(one)) || !slices.Contains(ids, ruleID(other)) {
			t.Errorf("the rules are %q", ids)
		}
		var methods []string
		for _, request := range proxy.Requests() {
			if request.Query.Has("cors") {
				methods = append(methods, request.Method)
			}
		}
		if want := []string{"GET", "PUT", "GET", "GET", "PUT", "GET"}; !slices.Equal(methods, want) {
			t.Errorf("requests %v, want %v", methods, want)
		}
	})))
	bucket.are(t, "b https://b.example")
}

// Another program that writes at the same time undoes ours without knowing: the reading back finds that out.
func TestCORSRuleUndone(t *testing.T) {
	t.Parallel()
	p, bucket, proxy := inCORSBucket(t)
	var mu sync.Mutex
	written, undone := 0, 0
	undo := func(times int) {
		mu.Lock()
		defer mu.Unlock()
		written, undone = 0, 0
		proxy.OnRequest(func(request *http.Request) {
			if !request.URL.Query().Has("cors") {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if request.Method == http.MethodPut {
				written++
			} else if written > undone && undone < times {
				undone++
				bucket.set(t, foreignRule("b", "https://b.example"))
			}
		})
	}
	undo(1)
	applies(t, step(p.provider()+corsBlock(), then(func() { bucket.are(t, "b https://b.example", ruleID(p.baseURI)+" "+consoleOrigin) })))
	undo(100)
	applies(t, step(p.provider()+corsBlock(), words("CORS rules were overwritten by another client", "cors_rule", "Let only one of them run")))
}

// A create that fails in its middle leaves no state, so that the next one creates and nothing is deleted first.
func TestCORSRuleFails(t *testing.T) {
	t.Parallel()
	p, proxy := inBucketBehindProxy(t)
	config := p.provider() + corsBlock()
	proxy.Inject(faultproxy.Match{Method: "PUT", Query: "cors"}, faultproxy.Refuse501, 1, 1)
	applies(t,
		step(config, words("Operation not supported by this store", "cors_rule", "leave cors_rule out")),
		step(config, creates(storage), then(func() { p.directories(t, []string{"artifacts"}, nil) })),
		unchanged(config),
	)
}

// Every request is counted: a refresh costs one listing for each level, whatever the number of directories, and the rules are asked
// for only by those who have one.
func TestWorkspaceStorageRequests(t *testing.T) {
	p, proxy := inBucketBehindProxy(t)
	sent := func(want map[string]int) resource.TestCheckFunc {
		return then(func() {
			t.Helper()
			got := map[string]int{}
			for _, request := range proxy.Requests() {
				name := request.Method
				if request.Query.Has("cors") {
					name += " cors"
				}
				got[name]++
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("requests %v, want %v", got, want)
			}
			proxy.Clear()
		})
	}
	many := `namespaces = ["a", "b", "c", "d", "e", "f", "g", "h", "i"]`
	fewer := p.provider() + workspaceStorage("storage", `namespaces = ["a", "b", "c", "d", "e", "f", "g", "h"]`)
	applies(t,
		step(p.provider()+workspaceStorage("storage", many), pending),
		step(p.provider()+workspaceStorage("storage", many), prepare(func() { sent(map[string]int{})(nil) }), sent(map[string]int{"PUT": 16})),
		step(fewer, prepare(proxy.Clear), sent(map[string]int{"GET": 3, "DELETE": 1})), // a refresh, and a look whether it is empty
		step(
			p.provider()+workspaceStorage("storage", `namespaces = ["a"]`, "cors_rule = {}"), prepare(proxy.Clear),
			sent(map[string]int{"GET": 9, "DELETE": 7, "GET cors": 2, "PUT cors": 1}),
		),
	)
}
