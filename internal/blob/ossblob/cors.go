package ossblob

import (
	"context"
	"encoding/xml"
	"net/http"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// corsConfiguration is the SDK's CORSXML (type.go), but for MaxAgeSeconds: there it is an int, and 0 is not nothing.
type corsConfiguration struct {
	XMLName      xml.Name   `xml:"CORSConfiguration"`
	Rules        []corsRule `xml:"CORSRule"`
	ResponseVary *bool      `xml:"ResponseVary,omitempty"`
}

type corsRule struct {
	AllowedOrigin []string
	AllowedMethod []string
	AllowedHeader []string
	ExposeHeader  []string
	MaxAgeSeconds *int32 `xml:",omitempty"`
}

// CORS sends one GetBucketCors. OSS's rules have no IDs.
func (s *Store) CORS(ctx context.Context) (blob.CORSConfig, error) {
	r := request{operation: "GetBucketCors", method: http.MethodGet, query: map[string]string{"cors": ""}}
	got, err := s.do(ctx, r)
	if codeOf(err) == "NoSuchCORSConfiguration" {
		return blob.CORSConfig{}, nil
	}
	if err != nil {
		return blob.CORSConfig{}, err
	}
	var read corsConfiguration
	if err := xml.Unmarshal(got.body, &read); err != nil {
		return blob.CORSConfig{}, s.fail(r, &strangeAnswerError{"the rules cannot be read: " + err.Error()})
	}
	config := blob.CORSConfig{ResponseVary: read.ResponseVary}
	for _, rule := range read.Rules {
		config.Rules = append(config.Rules, blob.CORSRule{
			AllowedOrigins: rule.AllowedOrigin,
			AllowedMethods: rule.AllowedMethod,
			AllowedHeaders: rule.AllowedHeader,
			ExposeHeaders:  rule.ExposeHeader,
			MaxAgeSeconds:  rule.MaxAgeSeconds,
		})
	}
	return config, nil
}

// SetCORS sends one PutBucketCors, which replaces all rules, or one DeleteBucketCors, and never repeats it: a repetition would undo what somebody
// else has written since.
func (s *Store) SetCORS(ctx context.Context, config blob.CORSConfig) error {
	if len(config.Rules) == 0 {
		_, err := s.do(ctx, request{operation: "DeleteBucketCors", method: http.MethodDelete, query: map[string]string{"cors": ""}, single: true})
		return err
	}
	written := corsConfiguration{ResponseVary: config.ResponseVary}
	for _, rule := range config.Rules {
		written.Rules = append(written.Rules, corsRule{
			AllowedOrigin: rule.AllowedOrigins,
			AllowedMethod: rule.AllowedMethods,
			AllowedHeader: rule.AllowedHeaders,
			ExposeHeader:  rule.ExposeHeaders,
			MaxAgeSeconds: rule.MaxAgeSeconds,
		})
	}
	return s.configure(ctx, request{operation: "PutBucketCors", query: map[string]string{"cors": ""}, single: true}, written)
}

// configure sends a part of the bucket's configuration, which the request names.
func (s *Store) configure(ctx context.Context, r request, configuration any) error {
	r.method, r.header = http.MethodPut, map[string]string{"Content-Type": "application/xml"}
	text, err := xml.Marshal(configuration)
	if err != nil {
		return s.fail(r, err)
	}
	r.body, r.size = document(text)
	_, err = s.do(ctx, r)
	return err
}
