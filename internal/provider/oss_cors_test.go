package provider_test

import (
	"fmt"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

func foreignOSSRule(origin string) oss.CORSRule {
	return oss.CORSRule{
		AllowedOrigins: []string{origin}, AllowedMethods: []string{"GET", "PUT"}, AllowedHeaders: []string{"x-*"}, ExposeHeaders: []string{"ETag"}, MaxAgeSeconds: oss.Ptr(int64(60)),
	}
}

func consoleOSSRule() oss.CORSRule {
	return oss.CORSRule{AllowedOrigins: []string{consoleOrigin}, AllowedMethods: []string{"PUT", "GET", "POST", "DELETE", "HEAD"}, AllowedHeaders: []string{"*"}}
}

// OSS keeps no IDs of rules: ours is known by what was written last. The rules of others, their order and ResponseVary stay.
func TestOSSCORSRuleAmongOthers(t *testing.T) {
	t.Parallel()
	p, bucket := inOSSBucket(t, ossfake.Start(t, ossfake.Options{}))
	first, second, third := foreignOSSRule("https://a.example"), foreignOSSRule("https://b.example"), foreignOSSRule("https://c.example")
	bucket.setCORS(t, oss.CORSConfiguration{CORSRules: []oss.CORSRule{first, second}, ResponseVary: oss.Ptr(true)})
	standard := p.provider() + corsBlock()
	changed := p.provider() + corsBlock(`allowed_origins = ["https://flink.example.com"]`, `allowed_methods = ["PUT"]`, "max_age_seconds = 600")
	vary := func() {
		t.Helper()
		if config := bucket.cors(t); config == nil || config.ResponseVary == nil || !*config.ResponseVary {
			t.Errorf("ResponseVary is lost: %+v", config)
		}
	}
	applies(t,
		step(standard, then(func() { bucket.origins(t, "https://a.example", "https://b.example", consoleOrigin); vary() })),
		unchanged(standard),
		step(standard, prepare(func() {
			bucket.setCORS(t, oss.CORSConfiguration{CORSRules: append(bucket.cors(t).CORSRules, third), ResponseVary: oss.Ptr(true)})
		}), noChanges),
		// A new rule takes the place of the old one.
		step(changed, updates(storage),
			then(func() {
				bucket.origins(t, "https://a.example", "https://b.example", "https://flink.example.com", "https://c.example")
			}), then(vary)),
		unchanged(changed),
		// Another client removed it: that is shown, and mended.
		step(changed, prepare(func() {
			bucket.setCORS(t, oss.CORSConfiguration{CORSRules: []oss.CORSRule{first, second, third}, ResponseVary: oss.Ptr(true)})
		}), updates(storage), then(func() {
			bucket.origins(t, "https://a.example", "https://b.example", "https://c.example", "https://flink.example.com")
		})),
		step(p.provider(), then(func() { bucket.origins(t, "https://a.example", "https://b.example", "https://c.example"); vary() })),
	)
}

// A tool with a plain number for the age, as OSS's older SDK and what is built on it, reads no age and writes 0. The rule is still ours.
func TestOSSCORSRuleWrittenBackByATool(t *testing.T) {
	t.Parallel()
	p, bucket := inOSSBucket(t, ossfake.Start(t, ossfake.Options{}))
	config := p.provider() + corsBlock()
	applies(t,
		step(config, then(func() { bucket.origins(t, consoleOrigin) })),
		step(config, prepare(func() {
			rules := bucket.cors(t).CORSRules
			for i := range rules {
				rules[i].MaxAgeSeconds = oss.Ptr(int64(0))
			}
			bucket.setCORS(t, oss.CORSConfiguration{CORSRules: append([]oss.CORSRule{foreignOSSRule("https://a.example")}, rules...)})
		}), noChanges),
		step(p.provider(), then(func() { bucket.origins(t, "https://a.example") })),
	)
}

// A rule that was written by an update which failed after that is known to be ours all the same.
func TestOSSCORSRuleOfAFailedUpdate(t *testing.T) {
	t.Parallel()
	server := ossfake.Start(t, ossfake.Options{})
	p, bucket := inOSSBucket(t, server)
	const wide, narrow = `directories = ["artifacts", "logs"]`, `directories = ["artifacts"]`
	changed := p.provider() + workspaceStorage("storage", narrow, `cors_rule = { allowed_origins = ["https://flink.example.com"] }`)
	deny := func(operations ...string) func() {
		return func() {
			server.AddKey(ossfake.Key{AccessKey: server.AccessKey, SecretKey: server.SecretKey, Denied: operations})
		}
	}
	applies(t,
		step(p.provider()+workspaceStorage("storage", wide, "cors_rule = {}"), then(func() { bucket.origins(t, consoleOrigin) })),
		step(changed, prepare(deny("DeleteObject")), words("Access denied")),
		step(changed, prepare(func() { bucket.origins(t, "https://flink.example.com"); deny()() }), then(func() { bucket.origins(t, "https://flink.example.com") })),
		step(p.provider(), then(func() { bucket.origins(t) })),
	)
}

// An equal rule that existed before is not ours: nothing is written, and it stays at destroy.
func TestOSSCORSRuleOfSomebodyElse(t *testing.T) {
	server := ossfake.Start(t, ossfake.Options{})
	p, bucket := inOSSBucket(t, server)
	bucket.setCORS(t, oss.CORSConfiguration{CORSRules: []oss.CORSRule{consoleOSSRule()}})
	server.ClearRequests()
	config := p.provider() + corsBlock()
	applies(t,
		step(config, then(func() {
			bucket.origins(t, consoleOrigin)
			for _, operation := range operations(server) {
				if operation == "PutBucketCors" {
					t.Error("the rules were written")
				}
			}
		})),
		unchanged(config),
		step(p.provider(), then(func() { bucket.origins(t, consoleOrigin) })),
	)
}

// Without other rules the whole configuration is removed with ours.
func TestOSSCORSRuleAlone(t *testing.T) {
	t.Parallel()
	p, bucket := inOSSBucket(t, ossfake.Start(t, ossfake.Options{}))
	config := p.provider() + corsBlock()
	applies(t,
		step(config, then(func() { bucket.origins(t, consoleOrigin) })),
		// the rule is taken out of the configuration, and the workspace stays
		step(p.provider()+workspaceStorage("storage", `directories = ["artifacts"]`), then(func() {
			if cors := bucket.cors(t); cors != nil {
				t.Errorf("there is still %+v", cors)
			}
		})),
		step(config, then(func() { bucket.origins(t, consoleOrigin) })),
		step(p.provider(), then(func() { bucket.origins(t) })),
	)
}

// An import knows nothing of what was written: the rule is adopted, and stays at destroy.
func TestOSSCORSRuleAfterImport(t *testing.T) {
	p, bucket := inOSSBucket(t, ossfake.Start(t, ossfake.Options{}))
	bucket.setCORS(t, oss.CORSConfiguration{CORSRules: []oss.CORSRule{consoleOSSRule()}})
	p.plant(t, "artifacts/", nil)
	config := p.provider() + corsBlock()
	block := fmt.Sprintf("import {\n to = %s\n id = %q\n}\n", storage, p.baseURI)
	applies(t,
		step(block+config, updates(storage), then(func() { bucket.origins(t, consoleOrigin) })),
		unchanged(config),
		step(p.provider(), then(func() { bucket.origins(t, consoleOrigin) })),
	)
}
