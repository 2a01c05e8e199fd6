// Package s3 is as much of an S3 client as the benchmarks need: signatures of version 4 without a hash of the payload, and a
// multipart upload that does nothing but send.
package s3

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// unsigned is what stands where the payload's hash would.
const unsigned = "UNSIGNED-PAYLOAD"

// Client speaks to one server, in path style.
type Client struct {
	Endpoint  string // "http://127.0.0.1:12345"
	Region    string
	AccessKey string
	SecretKey string
}

// CreateBucket makes a bucket.
func (c *Client) CreateBucket(ctx context.Context, bucket string) error {
	_, err := c.do(ctx, http.MethodPut, "/"+bucket, nil, nil, 0)
	return err
}

// Upload sends a file in parts, some at once, with no hash of anything.
func (c *Client) Upload(ctx context.Context, bucket, key, path string, partSize int64, atOnce int) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	target := "/" + bucket + "/" + key
	answer, err := c.do(ctx, http.MethodPost, target, url.Values{"uploads": {""}}, nil, 0)
	if err != nil {
		return err
	}
	var begun struct {
		ID string `xml:"UploadId"`
	}
	if err := xml.Unmarshal(answer.body, &begun); err != nil {
		return err
	}
	type part struct {
		PartNumber int
		ETag       string
	}
	parts := make([]part, (info.Size()+partSize-1)/partSize)
	errs := make([]error, len(parts))
	slots := make(chan struct{}, atOnce)
	var sent sync.WaitGroup
	for i := range parts {
		slots <- struct{}{}
		sent.Go(func() {
			defer func() { <-slots }()
			offset := int64(i) * partSize
			size := min(partSize, info.Size()-offset)
			query := url.Values{"uploadId": {begun.ID}, "partNumber": {strconv.Itoa(i + 1)}}
			answer, err := c.do(ctx, http.MethodPut, target, query, io.NewSectionReader(file, offset, size), size)
			if err != nil {
				errs[i] = err
				return
			}
			parts[i] = part{i + 1, answer.etag}
		})
	}
	sent.Wait()
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return fmt.Errorf("part %d: %w", i+1, errs[i])
	}
	body, err := xml.Marshal(struct {
		XMLName xml.Name `xml:"CompleteMultipartUpload"`
		Part    []part
	}{Part: parts})
	if err != nil {
		return err
	}
	_, err = c.do(ctx, http.MethodPost, target, url.Values{"uploadId": {begun.ID}}, bytes.NewReader(body), int64(len(body)))
	return err
}

type answer struct {
	body []byte
	etag string
}

func (c *Client) do(ctx context.Context, method, path string, query url.Values, body io.Reader, size int64) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.Endpoint+path, body)
	if err != nil {
		return answer{}, err
	}
	request.URL.RawQuery = query.Encode()
	request.ContentLength = size
	c.sign(request, time.Now())
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return answer{}, err
	}
	if response.StatusCode/100 != 2 || bytes.Contains(text, []byte("<Error>")) {
		return answer{}, fmt.Errorf("%s %s: %s: %s", method, path, response.Status, text)
	}
	return answer{text, response.Header.Get("Etag")}, nil
}

// sign signs by version 4: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
func (c *Client) sign(request *http.Request, now time.Time) {
	stamp := now.UTC().Format("20060102T150405Z")
	request.Header.Set("X-Amz-Date", stamp)
	request.Header.Set("X-Amz-Content-Sha256", unsigned)
	const signed = "host;x-amz-content-sha256;x-amz-date"
	canonical := strings.Join([]string{
		request.Method, request.URL.EscapedPath(), strings.ReplaceAll(request.URL.RawQuery, "+", "%20"),
		"host:" + request.URL.Host, "x-amz-content-sha256:" + unsigned, "x-amz-date:" + stamp, "", signed, unsigned,
	}, "\n")
	hash := sha256.Sum256([]byte(canonical))
	scope := stamp[:8] + "/" + c.Region + "/s3/aws4_request"
	key := []byte("AWS4" + c.SecretKey)
	for _, part := range []string{stamp[:8], c.Region, "s3", "aws4_request"} {
		key = sum(key, part)
	}
	signature := sum(key, "AWS4-HMAC-SHA256\n"+stamp+"\n"+scope+"\n"+hex.EncodeToString(hash[:]))
	request.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%x", c.AccessKey, scope, signed, signature))
}

func sum(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}
