package hostile

import (
	"bufio"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/rawserver"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// FuzzAnswers fuzzes the answers: whatever a server answers, an operation ends, with a success only where the answer is one, else with an error that can be shown.
func FuzzAnswers(f *testing.F, v Vendor) {
	object := v.Genuine + "\r\nETag: \"e\"\r\nContent-Length: 5\r\nLast-Modified: Mon, 02 Jan 2006 15:04:05 GMT\r\n" + v.Meta + "flink-owner: me\r\nContent-Range: bytes 2-4/5"
	operations := v.operations()
	for i, operation := range operations {
		document := "<?xml version=\"1.0\" encoding=\"UTF-8\"?><" + operation.Root +
			"><ETag>&quot;e&quot;</ETag><UploadId>u</UploadId><Status>Enabled</Status><Enabled>true</Enabled></" + operation.Root + ">"
		for _, answer := range append([]Answer{
			{200, "Content-Type: application/xml\r\nETag: \"e\"", document}, // of anybody
			{200, v.Genuine, ""},
			{200, v.Genuine + "\r\nContent-Length: 5", "12345"}, // without an ETag
			{200, object, "12345"},
			{206, strings.Replace(object, "Length: 5", "Length: 3", 1), "345"},
			{200, object + "\r\nContent-Type: application/xml", document},
			{200, v.Genuine, "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken><EncodingType>url</EncodingType>" +
				"<Contents><Key>dir/a%0A</Key><Size>-7</Size><ETag>e</ETag><LastModified>2026-01-02T03:04:05.678Z</LastModified></Contents><CommonPrefixes><Prefix>../</Prefix></CommonPrefixes></ListBucketResult>"},
			{404, v.Genuine, "<Error><Code>NoSuchKey</Code><Message>gone \x1b[2J</Message></Error>"},
			{404, v.Genuine, "<Error><Code>NoSuchBucket</Code></Error>"},
			{301, "Location: http://elsewhere/?signed", ""},
			{200, "Content-Type: text/html", "<title>Log in</title>"},
			{200, v.Genuine, "<Error><Code>" + operation.Done + "</Code><Message>late</Message></Error>"},
			{503, v.Genuine + "\r\nRetry-After: 99999999999", "{\"error\": 1}"},
			{200, v.Genuine + "\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked", "5\r\n<a><b\r\n0\r\n\r\n"},
			{200, v.Genuine, strings.Repeat("<a>", 1000)},
		}, v.Answers...) {
			f.Add(uint8(i), uint16(answer.Status), answer.Header, []byte(answer.Body))
		}
	}
	server := &rawserver.Server{}
	f.Cleanup(server.Wait)
	f.Fuzz(func(t *testing.T, which uint8, status uint16, header string, body []byte) {
		if status < 200 || status > 599 { // a client waits for what comes after 1xx
			status = 200 + status%400
		}
		v.answered(t, server, operations[int(which)%len(operations)], int(status), "Connection: close\r\n"+header, body)
	})
}

func (v Vendor) answered(t *testing.T, server *rawserver.Server, operation Operation, status int, header string, body []byte) {
	t.Helper()
	server.Answer(status, header, body)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := operation.Send(ctx, v.at(t, server.Dial))
	if n := server.Requests(); n > 4 {
		t.Errorf("%s: %d requests", operation.Name, n)
	}
	if errors.Is(err, errNonsense) {
		t.Errorf("%s succeeds: %v", operation.Name, err)
	}
	// What the answer is as net/http reads it: with a body also after a HEAD, which is followed by a GET sometimes.
	raw := fmt.Appendf(nil, "HTTP/1.1 %03d Answer\r\n%s\r\n\r\n%s", status, header, body)
	got, readErr := http.ReadResponse(bufio.NewReader(bytes.NewReader(raw)), &http.Request{Method: http.MethodGet})
	var text []byte
	proven := readErr == nil
	if readErr == nil {
		text, _ = io.ReadAll(io.LimitReader(got.Body, wire.MaxXML))
		got.Body.Close()
		if v.Reason != nil {
			text = append(text, v.Reason(got.Header)...)
		}
		proven = v.Proves == nil || v.Proves(got.Header)
	}
	// Codes are compared in any case.
	refused := func(codes ...string) bool {
		return slices.ContainsFunc(codes, func(code string) bool {
			return code != "" && bytes.Contains(bytes.ToLower(text), []byte(strings.ToLower(code)))
		})
	}
	isOption := operation.Optional && (status/100 != 2 || wire.RootElement(text) == "Error")
	switch {
	case errors.Is(err, errOff), isOption && err == nil:
	case err == nil && !proven:
		t.Errorf("%s succeeds with what is no answer of a store: %v", operation.Name, readErr)
	case err == nil && status/100 != 2 && !refused(operation.Done) && (status != http.StatusNotFound || operation.Done != "NoSuchKey"):
		t.Errorf("%s succeeds with status %d", operation.Name, status)
	case err == nil && status/100 == 2 && operation.Root != "" && wire.RootElement(text) != operation.Root && !refused(operation.Done):
		t.Errorf("%s succeeds with %.100q", operation.Name, text)
	case err != nil:
		v.CheckFailure(t, operation.Name, err)
		if errors.Is(err, blob.ErrNoBucket) && !refused("NoSuchBucket") {
			t.Errorf("%s: %v", operation.Name, err)
		}
		if errors.Is(err, fs.ErrNotExist) && status != http.StatusNotFound && !refused("NoSuchKey", "NotFound", "NoSuchVersion", "SymlinkTargetNotExist") {
			t.Errorf("%s: %v", operation.Name, err)
		}
	}
}

// FuzzListing fuzzes the keys of a listing: they come out of a listing as they went into it, whatever bytes they have, and none that was not requested.
func FuzzListing(f *testing.F, v Vendor) {
	for _, key := range []string{"dir/a b+c", "dir/../x", "dir//x", "dir/\x00\n\x1b", "dir/\xff", "dir/%2e%2e", "other", "", "dir/]]>&amp;<", "dir/e\u0301", "dir/" + strings.Repeat("x", 1020)} {
		f.Add("dir/", key, "dir/z", "dir/p/", true)
		f.Add("dir/", "dir/a", key, key, false)
	}
	server := &rawserver.Server{}
	f.Cleanup(server.Wait)
	f.Fuzz(func(t *testing.T, prefix, first, second, common string, encoded bool) {
		if !utf8.ValidString(prefix) || strings.ContainsFunc(prefix, unicode.IsControl) {
			return // nobody lists that
		}
		written, encoding := func(key string) string { return key }, ""
		if encoded {
			written, encoding = url.QueryEscape, "<EncodingType>url</EncodingType>"
		}
		var answer bytes.Buffer
		answer.WriteString("<ListBucketResult>" + encoding + "<IsTruncated>false</IsTruncated>")
		element := func(before, key, after string) {
			answer.WriteString(before)
			xml.EscapeText(&answer, []byte(written(key)))
			answer.WriteString(after)
		}
		element("<Contents><Key>", first, "</Key><Size>1</Size><ETag>e</ETag></Contents>")
		element("<Contents><Key>", second, "</Key><Size>2</Size><ETag>e</ETag></Contents>")
		element("<CommonPrefixes><Prefix>", common, "</Prefix></CommonPrefixes>")
		answer.WriteString("</ListBucketResult>")
		server.Answer(http.StatusOK, "Connection: close\r\n"+v.Genuine, answer.Bytes())
		page, err := v.at(t, server.Dial).List(t.Context(), blob.Query{Prefix: prefix, Delimiter: "/"})
		for _, info := range page.Infos {
			if !strings.HasPrefix(info.Key, prefix) {
				t.Errorf("%q is listed below %q", info.Key, prefix)
			}
		}
		if err != nil {
			v.CheckFailure(t, "List", err)
		}
		if !encoded {
			return // XML cannot hold every key
		}
		elsewhere := func(key string) bool { return !strings.HasPrefix(key, prefix) || len(key) > 4096 }
		if wrong := elsewhere(first) || elsewhere(second) || elsewhere(common); wrong != errors.Is(err, blob.ErrNotAStore) {
			t.Errorf("%q, %q and %q below %q: %v", first, second, common, prefix, err)
		}
		if err == nil && (len(page.Infos) != 2 || page.Infos[0].Key != first || page.Infos[1].Key != second || len(page.Prefixes) != 1 || page.Prefixes[0] != common) {
			t.Errorf("%q, %q and %q came as %+v", first, second, common, page)
		}
	})
}
