package ossblob

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// places are where a bucket is reached, and the region that signatures name.
type places struct {
	region     string // "" only with V1
	endpoint   string // scheme and host, without the bucket
	accelerate string
}

// The variables of the environment, the first one that is set counts.
// OSS_REGION and OSS_ENDPOINT are ossutil's ("ossutil 2.0 new features"), ALICLOUD_REGION and ALIBABA_CLOUD_REGION the alicloud provider's
// (alicloud/provider.go), ALIBABA_CLOUD_REGION_ID the CLI's, ALICLOUD_DEFAULT_REGION and ALICLOUD_OSS_ENDPOINT those of Terraform's own backend.
var (
	regionVariables   = []string{"OSS_REGION", "ALIBABA_CLOUD_REGION", "ALIBABA_CLOUD_REGION_ID", "ALICLOUD_REGION", "ALICLOUD_DEFAULT_REGION"}
	endpointVariables = []string{"OSS_ENDPOINT", "ALICLOUD_OSS_ENDPOINT"}
)

// worldwide is the acceleration endpoint for senders anywhere ("Transfer acceleration").
const worldwide = "https://oss-accelerate.aliyuncs.com"

func placesOf(config Config, bucket string) (places, error) {
	var p places
	endpoint := config.Endpoint
	if endpoint == "" && !config.UseInternalEndpoint {
		endpoint = firstOf(endpointVariables)
	}
	if config.UseCNAME && endpoint == "" {
		return p, wrongSetting("endpoint", "use_cname = true needs endpoint: the domain that is bound to the bucket")
	}
	if endpoint != "" {
		address, err := parseEndpoint("endpoint", endpoint, bucket)
		if err != nil {
			return p, err
		}
		if config.UseCNAME && regionOfHost(address) != "" {
			return p, wrongSetting("endpoint", "with use_cname = true it is the domain of your own that is bound to the bucket, and not one of OSS's endpoints")
		}
		if strings.Contains(address, "://oss-accelerate") { // .aliyuncs.com, and -overseas.aliyuncs.com
			return p, wrongSetting("endpoint", "it is that of transfer acceleration, which serves objects alone; accelerate = true on an artifact uses it")
		}
		p.endpoint = address
	}
	p.region = regionOf(config, p.endpoint)
	if p.region == "" && (p.endpoint == "" || config.SignatureVersion != SignatureV1) {
		return p, errNoRegion
	}
	if p.region != "" && !regionName().MatchString(p.region) {
		return p, wrongSetting("region", fmt.Sprintf("%q is no region's ID", p.region))
	}
	if p.endpoint == "" {
		internal := ""
		if config.UseInternalEndpoint {
			internal = "-internal"
		}
		p.endpoint = "https://oss-" + p.region + internal + ".aliyuncs.com"
	}
	// The worldwide one is OSS's own: what is signed for a server of somebody else must not go there.
	if config.UseCNAME || regionOfHost(p.endpoint) != "" {
		p.accelerate = worldwide
	}
	if config.AccelerateEndpoint != "" {
		address, err := parseEndpoint("accelerate_endpoint", config.AccelerateEndpoint, bucket)
		if err != nil {
			return p, err
		}
		p.accelerate = address
	}
	return p, nil
}

// regionOf is the region in the configuration, else that of the endpoint, else that of the environment.
func regionOf(config Config, endpoint string) string {
	region := cmp.Or(config.Region, regionOfHost(endpoint), firstOf(regionVariables))
	// Many of OSS's own pages write it with the prefix ("oss-cn-hangzhou"), which no signature may have.
	return strings.TrimSuffix(strings.TrimPrefix(strings.ToLower(region), "oss-"), "-internal")
}

// pattern is a regular expression that the first use compiles, as not every start of the provider needs it.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

var regionName = pattern(`^[a-z0-9-]+$`)

// ossHost are the hosts that OSS's list "Regions and endpoints" has: oss-cn-hangzhou.aliyuncs.com, oss-cn-hangzhou-internal.aliyuncs.com,
// the dual-stack cn-hangzhou.oss.aliyuncs.com, and the S3-compatible s3.oss-cn-hangzhou.aliyuncs.com.
// A bucket may come before.
var ossHost = pattern(`^(?:[^.]+\.)?(?:oss-([a-z0-9-]+?)(?:-internal)?|([a-z0-9-]+)\.oss)\.aliyuncs\.com$`)

// regionOfHost is "" of a host that names none, such as a domain of the user's own.
func regionOfHost(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	match := ossHost().FindStringSubmatch(strings.ToLower(u.Hostname()))
	if match == nil {
		return ""
	}
	region := strings.TrimSuffix(match[1]+match[2], "-pub") // oss-cn-shanghai-finance-1-pub.aliyuncs.com
	if strings.HasPrefix(region, "accelerate") {
		return ""
	}
	return region
}

// parseEndpoint reads a host or a URL.
// The console shows the bucket's own domain, with the bucket before the endpoint: that is understood too.
func parseEndpoint(setting, text, bucket string) (string, error) {
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "":
		return "", wrongSetting(setting, "it is neither a host nor a URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return "", wrongSetting(setting, "it begins with https:// or http://, or is a host alone")
	case u.User != nil:
		return "", wrongSetting(setting, "it holds a user name: credentials belong into access_key and secret_key")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return "", wrongSetting(setting, "it is a host without a path: bucket and prefix belong into base_uri")
	}
	host := strings.ToLower(u.Host)
	if strings.HasSuffix("."+strings.ToLower(u.Hostname()), ".oss-dls.aliyuncs.com") {
		return "", wrongSetting(setting, "it is that of OSS-HDFS, which Hadoop's clients speak to: OSS's own begins with oss- and the region")
	}
	if rest, ok := strings.CutPrefix(host, bucket+"."); ok && (regionOfHost(u.Scheme+"://"+rest) != "" || strings.HasPrefix(rest, "oss-accelerate")) {
		host = rest
	}
	return u.Scheme + "://" + host, nil
}

func firstOf(variables []string) string {
	for _, name := range variables {
		if value := os.Getenv(name); value != "" {
			return value
		}
	}
	return ""
}

// pathStyle reports whether the bucket is in the path: an IP address has no subdomains, and the SDK knows that itself.
func (c Config) pathStyle(endpoint string) bool {
	if c.UsePathStyle != nil {
		return *c.UsePathStyle
	}
	u, err := url.Parse(endpoint)
	return err == nil && (strings.EqualFold(u.Hostname(), "localhost") || net.ParseIP(u.Hostname()) != nil)
}

// ownDomain reports whether an acceleration endpoint is a domain of the user's own, which it may be with use_cname.
func (c Config) ownDomain(endpoint string) bool {
	u, err := url.Parse(endpoint)
	return c.UseCNAME && err == nil && !strings.HasSuffix(u.Hostname(), ".aliyuncs.com")
}

// wrongSetting is one of the oss block that cannot be right.
func wrongSetting(name, why string) error {
	advice := "Set " + name + " in the provider's oss block to a host or a URL without a path, such as https://oss-cn-hangzhou.aliyuncs.com."
	if name == "region" {
		advice = `Set region in the provider's oss block (or OSS_REGION) to an ID such as "cn-hangzhou".`
	}
	return wire.NewExplained(blob.ErrSettings, advice, "%s: %s", name, why)
}

var errNoRegion = wire.NewExplained(blob.ErrSettings,
	`Set region in the provider's oss block (such as "cn-hangzhou"), OSS_REGION or ALIBABA_CLOUD_REGION; or an endpoint whose name has the region. V4 signatures need it.`,
	"no region is set")
