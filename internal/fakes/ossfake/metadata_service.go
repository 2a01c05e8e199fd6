package ossfake

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// metadataHost is where an ECS instance finds its metadata. Nothing on loopback can have this address: the fake of it is
// an HTTP proxy, to be named in HTTP_PROXY.
const metadataHost = "100.100.100.200"

// StartMetadata starts the metadata service of an ECS instance that has a role, and says by which proxy it is reached.
func (s *Server) StartMetadata(t testing.TB, role string) (proxy string) {
	t.Helper()
	return listen(t, s.Metadata(role), nil)
}

// Metadata plays http://100.100.100.200/latest for a proxy's client, in hardened mode: without a token there is nothing.
// https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata
func (s *Server) Metadata(role string) http.Handler {
	token := rand.Text()
	const credentials = "/latest/meta-data/ram/security-credentials/"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != metadataHost {
			http.Error(w, "a fake of the ECS metadata service, and no proxy to "+r.Host, http.StatusBadGateway)
			return
		}
		if r.Method == http.MethodPut && r.URL.Path == "/latest/api/token" {
			io.WriteString(w, token)
			return
		}
		if r.Header.Get("X-Aliyun-Ecs-Metadata-Token") != token {
			http.Error(w, "Forbidden", http.StatusForbidden)
			return
		}
		switch strings.TrimSuffix(r.URL.Path, "/") + "/" {
		case credentials:
			io.WriteString(w, role)
		case credentials + role + "/":
			s.mu.Lock()
			key := s.temporaryKey(6 * time.Hour)
			now := s.now()
			s.mu.Unlock()
			document := key.asJSON()
			document["Code"], document["LastUpdated"] = "Success", now.Format(time.RFC3339)
			json.NewEncoder(w).Encode(document)
		default:
			http.NotFound(w, r)
		}
	})
}
