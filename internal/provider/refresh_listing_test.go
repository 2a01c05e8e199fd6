package provider_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// many is a configuration of n artifacts in one namespace, with their content types and metadata managed.
func many(p place, n int) string {
	return p.provider() + fmt.Sprintf(`
resource "flink_artifact" "many" {
  count        = %d
  namespace    = "team"
  filename     = "job-${count.index}.sql"
  content      = "INSERT INTO sink_${count.index} SELECT * FROM source;"
  content_type = "text/plain"
  metadata     = { index = count.index }
}
`, n)
}

// plansChanges runs a plan and returns what it printed, and whether there is anything to do.
func (r root) plansChanges(t *testing.T) (output string, changes bool) {
	t.Helper()
	printed, err := r.command(t.Context(), "plan", "-detailed-exitcode", "-input=false", "-no-color").CombinedOutput()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 2) {
		t.Fatalf("%v\n%s", err, printed)
	}
	return string(printed), err != nil
}

// counted are the names with how often they came, without an order.
func counted(names []string) map[string]int {
	counts := map[string]int{}
	for _, name := range names {
		counts[name]++
	}
	return counts
}

func expectCounts(t *testing.T, what string, got []string, want map[string]int) {
	t.Helper()
	if counts := counted(got); fmt.Sprint(counts) != fmt.Sprint(want) {
		t.Errorf("%s sent %v, want %v", what, counts, want)
	}
}

// inBucketBehindProxy is a bucket whose requests are written down.
func inBucketBehindProxy(t *testing.T) (place, *faultproxy.Proxy) {
	t.Helper()
	return inBucketOf(t, versitygw.Start(t, versitygw.Options{}))
}

// inBucketOf is one of a server that the test also reaches past the proxy.
func inBucketOf(t *testing.T, server *versitygw.Server) (place, *faultproxy.Proxy) {
	t.Helper()
	proxy := faultproxy.Start(t, server.Endpoint, "")
	through := *server
	through.Endpoint = proxy.URL
	return inBucket(t, &through), proxy
}

// later is beyond the slack of what was just written.
const later = 3 * time.Second

// lateDates bounds how many of n objects in versitygw are looked at for its clock. It dates answers by one that is read once a second, or later where
// the machine is busy: an object may then seem to be younger than the answer to its PUT.
func lateDates(n int) int { return n / 20 }

// Many artifacts: eight HEADs and one page of a listing, right after the apply that made them. Few enough to be planned within the minute that a listing lives,
// on a slow machine too; the pages of more are counted in internal/blob/listing.
func TestRefreshOfMany(t *testing.T) {
	n := unlessShort(300, 60)
	p, proxy := inBucketBehindProxy(t)
	r := newRoot(t, many(p, n))

	r.apply(t)
	expectCounts(t, "the apply", proxy.Methods(), map[string]int{"HEAD": n, "PUT": n})
	proxy.Clear()
	if output, changes := r.plansChanges(t); changes {
		t.Fatalf("changes:\n%s", output)
	}
	if sent := counted(proxy.Methods()); sent["HEAD"] < 8 || sent["HEAD"] > 8+lateDates(n) || sent["GET"] != 1 || len(sent) != 2 {
		t.Errorf("a plan sent %v, want 8 HEADs, or a few more, and a GET", sent)
	}

	// Without the permission to list, one listing is requested, and nothing is reported.
	proxy.Clear()
	proxy.Inject(faultproxy.Match{Method: http.MethodGet, Query: "list-type"}, faultproxy.Deny403, 1, 1000)
	output, changes := r.plansChanges(t)
	if changes || strings.Contains(output, "Warning") && !strings.Contains(output, "development overrides") || strings.Contains(output, "AccessDenied") {
		t.Errorf("with listings denied:\n%s", output)
	}
	expectCounts(t, "a plan with listings denied", proxy.Methods(), map[string]int{"HEAD": n, "GET": 1})
}

// The same on OSS, by its own names of the requests.
func TestRefreshByListingOnOSS(t *testing.T) {
	server := ossfake.Start(t, ossfake.Options{})
	p, _ := inOSSBucket(t, server)
	r := newRoot(t, many(p, 30))
	applied := func(what string) {
		t.Helper()
		r.apply(t)
		server.ClearRequests()
		if output, changes := r.plansChanges(t); changes {
			t.Fatalf("after %s there are changes:\n%s", what, output)
		}
		expectCounts(t, "a plan after "+what, operations(server), map[string]int{"HeadObject": 8, "ListObjectsV2": 1})
	}
	applied("a create")
	server.SetClock(later)
	main := filepath.Join(r.directory, "main.tf")
	for _, change := range [][2]string{{"text/plain", "application/sql"}, {"INSERT INTO", "UPSERT INTO"}} {
		before := readFile(t, main)
		writeFile(t, main, strings.ReplaceAll(string(before), change[0], change[1]))
		applied("an update to " + change[1])
	}
	r.forgetSightings(t)
	applied("an apply of a state from before there were sightings")
}

// forgetSightings takes from the state what older versions of the provider did not put there.
func (r root) forgetSightings(t *testing.T) {
	t.Helper()
	path := filepath.Join(r.directory, "terraform.tfstate")
	data := readFile(t, path)
	forgotten := 0
	data = regexp.MustCompile(`"private": "[^"]*"`).ReplaceAllFunc(data, func(found []byte) []byte {
		var outer struct{ Private []byte }
		var private map[string][]byte
		if err := errors.Join(json.Unmarshal([]byte("{"+string(found)+"}"), &outer), json.Unmarshal(outer.Private, &private)); err != nil {
			t.Fatal(err)
		}
		if _, ok := private["sighting"]; ok {
			forgotten++
		}
		delete(private, "sighting")
		kept, err := json.Marshal(private)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Appendf(nil, `"private": %q`, base64.StdEncoding.EncodeToString(kept))
	})
	if forgotten == 0 {
		t.Fatal("the state has no sightings")
	}
	writeFile(t, path, string(data))
}

// Whatever others did to some of many is found, by a HEAD for each of those alone. An object's attributes, and its owner, are tried on
// OSS: versitygw keeps the modification time when an object is copied onto itself, which S3, OSS and MinIO do not.
func TestRefreshByListingFindsWhatOthersDid(t *testing.T) {
	t.Run("s3", func(t *testing.T) {
		t.Parallel()
		p, proxy := inBucketBehindProxy(t)
		findsWhatOthersDid(t, p, proxy.Methods, proxy.Clear, nil)
	})
	t.Run("oss", func(t *testing.T) {
		t.Parallel()
		server := ossfake.Start(t, ossfake.Options{})
		p, bucket := inOSSBucket(t, server)
		retouch := func(path, contentType string, edit func(metadata map[string]string)) {
			t.Helper()
			server.SetClock(later)
			key := "vvp/" + path
			head, err := bucket.client.HeadObject(t.Context(), &oss.HeadObjectRequest{Bucket: &bucket.name, Key: &key})
			if err != nil {
				t.Fatal(err)
			}
			edit(head.Metadata)
			if _, err := bucket.client.CopyObject(t.Context(), &oss.CopyObjectRequest{
				Bucket: &bucket.name, Key: &key, SourceKey: &key, MetadataDirective: oss.Ptr("REPLACE"),
				ContentType: &contentType, Metadata: head.Metadata,
			}); err != nil {
				t.Fatal(err)
			}
		}
		methods := func() (methods []string) {
			for _, request := range server.Requests() {
				methods = append(methods, request.Method)
			}
			return methods
		}
		findsWhatOthersDid(t, p, methods, server.ClearRequests, retouch)
	})
}

func findsWhatOthersDid(t *testing.T, p place, methods func() []string, forget func(), retouch func(path, contentType string, edit func(map[string]string))) {
	t.Helper()
	r := newRoot(t, many(p, 60))
	r.apply(t)
	path := func(i int) string { return fmt.Sprintf("artifacts/namespaces/team/job-%d.sql", i) }

	p.plant(t, path(11), []byte("other bytes, of another length, by hand"))
	p.plant(t, path(22), []byte("INSERT INTO sink_22 SELECT * FROM s0urce;"))
	p.remove(t, path(33))
	want, stays := []string{"many[11] will be updated", "many[22] will be updated", "many[33] will be created"}, ""
	if retouch != nil {
		retouch(path(44), "application/sql", func(map[string]string) {})
		retouch(path(55), "text/plain", func(metadata map[string]string) { metadata["index"] = "56" })
		retouch(path(57), "text/plain", func(metadata map[string]string) {
			for key := range metadata {
				if strings.Contains(key, "owner") {
					metadata[key] = "another-state"
				}
			}
		})
		want, stays = append(want, "many[44] will be updated", "many[55] will be updated"), "The object now belongs to another resource"
	}
	heads := 8 + len(want) + 1
	if retouch == nil {
		heads += lateDates(60)
	}
	find := func() {
		t.Helper()
		forget()
		output, _ := r.plansChanges(t)
		for _, words := range append(want, stays) {
			if !strings.Contains(output, words) {
				t.Errorf("no %q in\n%s", words, output)
			}
		}
		if found := strings.Count(output, " will be "); found != len(want) {
			t.Errorf("%d artifacts are planned to change, want %d:\n%s", found, len(want), output)
		}
		// Some of those that were touched may be among the first eight. Two are read for their hash, and one is looked for once more.
		sent := counted(methods())
		if sent["HEAD"] < 8 || sent["HEAD"] > heads || sent["GET"] > 1+3 || sent["PUT"]+sent["DELETE"]+sent["POST"] != 0 {
			t.Errorf("requests: %v", sent)
		}
	}
	find()
	find() // a plan keeps nothing

	// What is accepted is not looked at again. What was taken over is: a warning comes with every plan.
	r.apply(t, "-refresh-only")
	find()
	r.apply(t)
	for _, i := range []int{11, 22, 33} {
		p.holds(t, path(i), fmt.Sprintf("INSERT INTO sink_%d SELECT * FROM source;", i))
	}
	want = nil
	find()
}

// A plan whose listing does not come ends by HEADs.
func TestStalledListing(t *testing.T) {
	t.Parallel()
	p, proxy := inBucketBehindProxy(t)
	r := newRoot(t, many(p, 20))
	r.apply(t)

	proxy.Clear()
	proxy.Inject(faultproxy.Match{Method: http.MethodGet, Query: "list-type"}, faultproxy.Stall, 1, 100)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	output, err := r.command(ctx, "plan", "-detailed-exitcode", "-input=false", "-no-color").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, output)
	}
	if methods := counted(proxy.Methods()); methods["HEAD"] != 20 {
		t.Errorf("requests: %v", methods)
	}
}
