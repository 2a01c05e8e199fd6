package httpsource

import (
	"errors"
	"strings"
	"testing"
)

func TestCheckURL(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"https://repo.example.com/job.jar",
		"HTTPS://Repo.Example.Com:8443/a%20b/job.jar?version=1&signed=no",
		"http://127.0.0.1:8080/job.jar",
		"https://[::1]:8443/job.jar",
		"https://repo.example.com",
		"https://bücher.example/job.jar",
		"https://repo.example.com/job.jar?x-oss-signature-version=1&key=a&author=token&tokens=1",
		"https://repo.example.com/signature=1;token=2/job.jar",
		"https://repo.example.com/" + strings.Repeat("a", maxURL-len("https://repo.example.com/")),
	} {
		if err := CheckURL(address); err != nil {
			t.Errorf("%.100s: %v", address, err)
		}
	}
	for address, words := range map[string]string{
		"":                                                     "begin with https://",
		"job.jar":                                              "begin with https://",
		"ftp://hush.example/job.jar":                           "begin with https://",
		"https:job.jar":                                        "no host",
		"https:///job.jar":                                     "no host",
		"https://:443/job.jar":                                 "no host",
		"https://repo.example.com:0/":                          "port",
		"https://repo.example.com:65536/":                      "port",
		"https://user:hush@repo.example.com/":                  "http.credentials",
		"https://hush@repo.example.com/":                       "http.credentials",
		"https://@repo.example.com/":                           "http.credentials",
		"https://user:hush":                                    "no URL",
		"https://repo.example.com/%zz?a=hush":                  "no URL",
		"https://repo.example.com/job.jar#hus":                 "fragment",
		"https://repo.example.com/job.jar#":                    "fragment",
		"https://repo.example.com/?a=hush\n":                   "no URL",
		"https://" + strings.Repeat("hush", 100) + ".example/": "408 bytes",
		"https://repo.example.com/?a=" + strings.Repeat("hush", maxURL/4):  "8220 bytes, and 8192",
		"https://repo.example.com/" + strings.Repeat("hush", maxURL) + "#": "bytes",
	} {
		checkRefused(t, address, words)
	}
}

func TestCheckURLRefusesSignatures(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"X-Amz-Signature", "x-amz-signature", "X-Amz-Credential", "X-Amz-Security-Token", "X-Oss-Signature", "X-Oss-Credential",
		"X-Oss-Security-Token", "X-Goog-Signature", "X-Goog-Credential", "Signature", "SIG", "OSSAccessKeyId", "AWSAccessKeyId",
		"GoogleAccessId", "security-token", "access_token", "private_token", "job_token", "token", "api_key", "apikey", "password",
		"X-JFrog-Art-Api", "%58-Amz-Signature", "X%2DAmz%2DSignature", "t%6Fken", "+token", "q-signature", "client_secret",
	} {
		for _, query := range []string{
			name + "=hush", "a=b&" + name + "=hush", "a=b;" + name + "=hush", "a=%zz&" + name + "=hush%", "&&" + name, name + "=hush=hush&a=b",
		} {
			checkRefused(t, "https://bucket.example.com/job.jar?"+query, "http.credentials")
		}
	}
	if err := CheckURL("https://bucket.example.com/job.jar?X-Amz-Signature=1"); err == nil || !strings.Contains(err.Error(), "s3://") || !strings.Contains(err.Error(), "oss://") {
		t.Errorf("%v does not name the stores' schemes", err)
	}
}

func checkRefused(t *testing.T, address, words string) {
	t.Helper()
	err := CheckURL(address)
	_, same := New(Settings{}).At(address, true)
	switch {
	case err == nil || same == nil:
		t.Errorf("%.100s is taken", address)
	case err.Error() != same.Error():
		t.Errorf("%.100s: CheckURL says %q, and At %q", address, err, same)
	case !strings.Contains(err.Error(), words):
		t.Errorf("%.100s: nothing of %q in %q", address, words, err)
	case strings.Contains(err.Error(), secret) || len(err.Error()) > 400:
		t.Errorf("%.100s is repeated: %q", address, err)
	}
}

func TestPlainHTTPWantsAPin(t *testing.T) {
	t.Parallel()
	const address = "HTTP://repo.example.com/job.jar"
	if _, err := New(Settings{}).At(address, false); !errors.Is(err, ErrPlainHTTP) || !strings.Contains(err.Error(), "content_sha256") {
		t.Errorf("%v", err)
	}
	if _, err := New(Settings{}).At(address, true); err != nil {
		t.Error(err)
	}
	if err := CheckURL(address); err != nil {
		t.Error(err)
	}
}

func TestShownURL(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://repo.example.com:8443/a%20b/c d/job.jar?ref=hush": "https://repo.example.com:8443/a%20b/c%20d/job.jar",
		"https://repo.example.com":                                 "https://repo.example.com",
		"https://repo.example.com/" + strings.Repeat("a", 1000) + "/job.jar?x": "https://repo.example.com/" + strings.Repeat("a", 99) +
			"…" + strings.Repeat("a", 92) + "/job.jar",
	} {
		from, err := New(Settings{}).At(address, false)
		if err != nil {
			t.Fatal(err)
		}
		if from.String() != want {
			t.Errorf("%.100s is shown as %s", address, from)
		}
	}
}
