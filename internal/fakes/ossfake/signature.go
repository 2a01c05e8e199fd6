package ossfake

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// signature is what a request says about its signature, before anything of it is checked.
type signature struct {
	version   string // "V1", "V4", "" of an anonymous request
	inQuery   bool
	accessKey string
	token     string
	value     string
	time      time.Time // when the request was signed; zero of a V1 URL
	timestamp string    // the same as it was sent
	expires   time.Time // of a signed URL

	// Of V4.
	date, region, product, terminator string
	additional                        string // names of further signed headers, "host;range"

	refusal *Refusal // what is wrong with its form
}

const (
	timeInV4  = "20060102T150405Z"
	timeInXML = "2006-01-02T15:04:05.000Z"
)

func signatureOf(r *http.Request, query url.Values) signature {
	header := r.Header.Get("Authorization")
	inQuery := query.Has("x-oss-signature-version") || query.Has("x-oss-signature") || query.Has("Signature") || query.Has("OSSAccessKeyId")
	switch {
	case header != "" && inQuery:
		// https://www.alibabacloud.com/help/en/oss/support/0002-00000039, which does not name the code.
		s := signature{refusal: invalidArgument("Authorization", header, "A request may not be signed in its header and in its URL.")}
		s.refusal.EC = "0002-00000039"
		return s
	case strings.HasPrefix(header, "OSS4-HMAC-SHA256 "):
		return headerV4(r, strings.TrimPrefix(header, "OSS4-HMAC-SHA256 "))
	case strings.HasPrefix(header, "OSS "):
		return headerV1(r, strings.TrimPrefix(header, "OSS "))
	case header != "":
		// V2, "OSS2 AccessKeyId:…", is deprecated; nothing in this repository signs so.
		return signature{refusal: invalidArgument("Authorization", header, "Authorization header is invalid.")}
	case query.Has("x-oss-signature-version") || query.Has("x-oss-signature"):
		s := queryV4(query)
		if hash := r.Header.Get("X-Oss-Content-Sha256"); s.refusal == nil && hash != "" && hash != unsignedPayload {
			s.refusal = badContentHash(hash)
		}
		return s
	case query.Has("Signature") || query.Has("OSSAccessKeyId"):
		return queryV1(query)
	}
	return signature{}
}

func headerV1(r *http.Request, value string) signature {
	s := signature{version: "V1", token: r.Header.Get("X-Oss-Security-Token")}
	var ok bool
	if s.accessKey, s.value, ok = strings.Cut(value, ":"); !ok || s.accessKey == "" || s.value == "" {
		s.refusal = invalidArgument("Authorization", value, "Authorization header is invalid.")
		return s
	}
	s.timestamp = r.Header.Get("Date")
	s.time, s.refusal = dateOf(s.timestamp)
	return s
}

// dateOf reads a Date header; a V1 signature with x-oss-date in its place, which OSS knows too, no client here sends.
func dateOf(value string) (time.Time, *Refusal) {
	date, err := time.Parse(http.TimeFormat, value)
	switch {
	case value == "":
		return date, invalidDate("0002-00000503")
	case err != nil:
		return date, invalidDate("0002-00000502")
	}
	return date, nil
}

func invalidDate(ec string) *Refusal {
	return accessDenied(ec, "OSS authentication requires a valid Date.")
}

func queryV1(query url.Values) signature {
	s := signature{
		version: "V1", inQuery: true, accessKey: query.Get("OSSAccessKeyId"), value: query.Get("Signature"),
		token: query.Get("security-token"), timestamp: query.Get("Expires"),
	}
	seconds, err := strconv.ParseInt(s.timestamp, 10, 64)
	if err != nil || s.accessKey == "" || s.value == "" {
		// https://www.alibabacloud.com/help/en/oss/developer-reference/ddd-signatures-to-urls
		s.refusal = accessDenied("0002-00000067", "Query-string authentication requires the Signature, Expires and OSSAccessKeyId parameters.")
	}
	s.expires = time.Unix(seconds, 0)
	return s
}

// headerV4 reads "Credential=id/20060102/cn-hangzhou/oss/aliyun_v4_request,AdditionalHeaders=host,Signature=hex":
// https://www.alibabacloud.com/help/en/oss/developer-reference/recommend-to-use-signature-version-4.
func headerV4(r *http.Request, value string) signature {
	s := signature{version: "V4", token: r.Header.Get("X-Oss-Security-Token")}
	var credential string
	for field := range strings.SplitSeq(value, ",") {
		name, content, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch name {
		case "Credential":
			credential = content
		case "Signature":
			s.value = content
		case "AdditionalHeaders":
			s.additional = content
			if content == "" {
				// https://www.alibabacloud.com/help/en/oss/user-guide/0002-00000209
				s.refusal = malformedV4("0002-00000209", "AdditionalHeaders", "")
				return s
			}
		}
	}
	if s.refusal = s.setCredential(credential); s.refusal != nil {
		return s
	}
	if hash := r.Header.Get("X-Oss-Content-Sha256"); hash != unsignedPayload {
		s.refusal = badContentHash(hash)
		return s
	}
	// The timestamp is x-oss-date, or Date where that is missing: aliyun-oss-go-sdk v3 sends no x-oss-date.
	s.timestamp = r.Header.Get("X-Oss-Date")
	if s.timestamp == "" {
		s.timestamp = r.Header.Get("Date")
		s.time, s.refusal = dateOf(s.timestamp)
	} else {
		var err error
		if s.time, err = time.Parse(timeInV4, s.timestamp); err != nil {
			s.refusal = invalidDate("0002-00000502")
		}
	}
	return s
}

// maxExpires of a V4 URL: https://www.alibabacloud.com/help/en/oss/developer-reference/add-signatures-to-urls.
const maxExpires = 7 * 24 * time.Hour

func queryV4(query url.Values) signature {
	s := signature{
		version: "V4", inQuery: true, value: query.Get("x-oss-signature"), token: query.Get("x-oss-security-token"),
		timestamp: query.Get("x-oss-date"), additional: query.Get("x-oss-additional-headers"),
	}
	if version := query.Get("x-oss-signature-version"); version != "OSS4-HMAC-SHA256" {
		s.refusal = malformedV4("0002-00000066", "x-oss-signature-version", version)
		return s
	}
	if s.value == "" {
		// https://www.alibabacloud.com/help/en/oss/support/0002-00000219
		s.refusal = malformedV4("0002-00000219", "x-oss-signature", "")
		return s
	}
	if s.refusal = s.setCredential(query.Get("x-oss-credential")); s.refusal != nil {
		return s
	}
	var err error
	if s.time, err = time.Parse(timeInV4, s.timestamp); err != nil {
		s.refusal = invalidDate("0002-00000502")
		return s
	}
	seconds, err := strconv.ParseInt(query.Get("x-oss-expires"), 10, 64)
	if err != nil || seconds < 1 || seconds > int64(maxExpires/time.Second) {
		s.refusal = malformedV4("0002-00000232", "x-oss-expires", query.Get("x-oss-expires"))
		return s
	}
	s.expires = s.time.Add(time.Duration(seconds) * time.Second)
	return s
}

func (s *signature) setCredential(credential string) *Refusal {
	parts := strings.Split(credential, "/")
	if len(parts) != 5 || s.value == "" {
		return malformedV4("0002-00000213", "Credential", credential)
	}
	s.accessKey, s.date, s.region, s.product, s.terminator = parts[0], parts[1], parts[2], parts[3], parts[4]
	return nil
}

// malformedV4 refuses the form of a V4 signature. The pages of the ECs from 0002-00000201 on have the causes.
func malformedV4(ec, name, value string) *Refusal {
	r := invalidArgument(name, value, "Invalid "+name+" in the V4 signature.")
	r.EC = ec
	return r
}
