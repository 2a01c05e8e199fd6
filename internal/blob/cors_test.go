package blob_test

import (
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

func TestSameAccess(t *testing.T) {
	rule := blob.CORSRule{
		ID: "ours", AllowedOrigins: []string{"https://a", "https://b"}, AllowedMethods: []string{"GET", "PUT"},
		AllowedHeaders: []string{"*"}, ExposeHeaders: []string{"ETag"}, MaxAgeSeconds: new(int32(10)),
	}
	for name, edit := range map[string]func(*blob.CORSRule){
		"nothing": func(*blob.CORSRule) {},
		"ID":      func(r *blob.CORSRule) { r.ID = "" },
		"order":   func(r *blob.CORSRule) { r.AllowedOrigins = []string{"https://b", "https://a"} },
		"twice":   func(r *blob.CORSRule) { r.AllowedMethods = []string{"PUT", "GET", "PUT"} },
	} {
		other := rule
		edit(&other)
		if !rule.SameAccess(other) || !other.SameAccess(rule) {
			t.Errorf("another %s is other access", name)
		}
	}
	for name, edit := range map[string]func(*blob.CORSRule){
		"origin":   func(r *blob.CORSRule) { r.AllowedOrigins = []string{"https://a"} },
		"method":   func(r *blob.CORSRule) { r.AllowedMethods = []string{"GET", "PUT", "POST"} },
		"header":   func(r *blob.CORSRule) { r.AllowedHeaders = nil },
		"exposed":  func(r *blob.CORSRule) { r.ExposeHeaders = []string{"X"} },
		"max age":  func(r *blob.CORSRule) { r.MaxAgeSeconds = nil },
		"age of 0": func(r *blob.CORSRule) { r.MaxAgeSeconds = new(int32(0)) },
	} {
		other := rule
		edit(&other)
		if rule.SameAccess(other) || other.SameAccess(rule) {
			t.Errorf("another %s is the same access", name)
		}
	}
	if rule.AllowedOrigins[0] != "https://a" {
		t.Error("comparing sorted the rule itself")
	}
}
