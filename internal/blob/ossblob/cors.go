package ossblob

import (
	"context"
	"encoding/xml"
	"errors"
	"net/http"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/rest"
)

// corsConfiguration is the SDK's CORSXML (type.go), but for MaxAgeSeconds: there it is an int, and 0 is not nothing.
type corsConfiguration struct {
	XMLName      xml.Name   `xml:"CORSConfiguration"`
	Rules        []corsRule `xml:"CORSRule"`
	ResponseVary *bool      `xml:",omitempty"`
}

// corsRule is a blob.CORSRule, without an ID.
type corsRule struct {
	ID             string   `xml:"-"`
	AllowedOrigins []string `xml:"AllowedOrigin"`
	AllowedMethods []string `xml:"AllowedMethod"`
	AllowedHeaders []string `xml:"AllowedHeader"`
	ExposeHeaders  []string `xml:"ExposeHeader"`
	MaxAgeSeconds  *int32   `xml:",omitempty"`
}

// CORS sends one GetBucketCors.
func (s *Store) CORS(ctx context.Context) (blob.CORSConfig, error) {
	var read corsConfiguration
	err := s.configuration(ctx, rest.Request{
		Operation: "GetBucketCors", Method: http.MethodGet, Query: map[string]string{"cors": ""}, Root: "CORSConfiguration",
	}, &read)
	var failure *blob.Error
	switch {
	case errors.As(err, &failure) && failure.Code == "NoSuchCORSConfiguration":
		return blob.CORSConfig{}, nil
	case err != nil:
		return blob.CORSConfig{}, err
	}
	config := blob.CORSConfig{ResponseVary: read.ResponseVary}
	for _, rule := range read.Rules {
		config.Rules = append(config.Rules, blob.CORSRule(rule))
	}
	return config, nil
}

// SetCORS sends one PutBucketCors, which replaces all rules, or one DeleteBucketCors, and never repeats it: a repetition would undo what
// somebody else has written since.
func (s *Store) SetCORS(ctx context.Context, config blob.CORSConfig) error {
	r := rest.Request{Operation: "PutBucketCors", Method: http.MethodPut, Query: map[string]string{"cors": ""}, Repeat: rest.Never}
	if len(config.Rules) == 0 {
		r.Operation, r.Method = "DeleteBucketCors", http.MethodDelete
		return s.configure(ctx, r, nil)
	}
	written := corsConfiguration{ResponseVary: config.ResponseVary}
	for _, rule := range config.Rules {
		written.Rules = append(written.Rules, corsRule(rule))
	}
	return s.configure(ctx, r, written)
}
