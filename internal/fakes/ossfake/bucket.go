package ossfake

import (
	"encoding/xml"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// BucketOptions choose what kind of bucket it is.
type BucketOptions struct {
	Region       string // another one than the server's: a request to the server is told the right endpoint
	Versioning   bool
	OwnedByOther bool // by another account
	// CNAMERequired refuses calls for data at the regional endpoint unless a CNAME is bound: accounts made since
	// 2025-03-20 have that in regions of mainland China.
	CNAMERequired           bool
	AccelerationUnsupported bool // by the bucket's region
}

type bucket struct {
	name    string
	region  string
	options BucketOptions
	created time.Time

	versioning   string // "", "Enabled", "Suspended"
	cors         *corsConfiguration
	acceleration *bool // as configured; nil: never
	effective    *bool // what the acceleration endpoint believes; nil: what is configured

	objects map[string][]*version // by key, the newest last
	uploads map[string]*upload

	sequence uint64                 // counts versions
	gone     map[goneVersion]uint64 // the sequence of versions that were removed: a listing may go on after one
}

type goneVersion struct{ key, id string }

// CreateBucketNamed makes a bucket; one of this name that is there already is emptied.
func (s *Server) CreateBucketNamed(name string, o BucketOptions) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.createBucket(name, o)
}

func (s *Server) createBucket(name string, o BucketOptions) {
	b := &bucket{
		name: name, region: o.Region, options: o, created: s.now(),
		objects: map[string][]*version{}, uploads: map[string]*upload{}, gone: map[goneVersion]uint64{},
	}
	if b.region == "" {
		b.region = s.Region
	}
	if o.Versioning {
		b.versioning = "Enabled"
	}
	s.buckets[name] = b
}

// bucket is the one that the call is for, if it may be used so.
func (c *call) bucket() (*bucket, *Refusal) {
	name := c.address.bucket
	if !bucketName.MatchString(name) {
		return nil, invalidBucketName(name)
	}
	b, ok := c.s.buckets[name]
	if !ok {
		return nil, noSuchBucket(name)
	}
	if c.endpoint == Accelerated {
		if refusal := c.accelerated(b); refusal != nil {
			return nil, refusal
		}
	}
	if b.options.OwnedByOther {
		return nil, notYourBucket(name)
	}
	if b.options.CNAMERequired && !c.address.cname && c.endpoint == Regional && c.isObjectData() && c.operation != "OptionObject" {
		return nil, publicEndpointForbidden()
	}
	return b, nil
}

// bucketName is the rule of https://www.alibabacloud.com/help/en/oss/user-guide/bucket-naming-conventions.
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`)

// ValidBucketName is true of a name that OSS lets a bucket have.
func ValidBucketName(name string) bool { return bucketName.MatchString(name) }

func (c *call) putBucket() *Refusal {
	name := c.address.bucket
	if !bucketName.MatchString(name) {
		return invalidBucketName(name)
	}
	if c.endpoint == Accelerated {
		return notAtAcceleration(c.operation)
	}
	if b, ok := c.s.buckets[name]; ok && b.options.OwnedByOther {
		return bucketAlreadyExists(name)
	} else if !ok {
		c.s.createBucket(name, BucketOptions{})
	}
	c.header.Set("Location", "/"+name)
	return nil
}

func (c *call) deleteBucket(b *bucket) *Refusal {
	// Versions, delete markers and open uploads count too.
	if len(b.objects) > 0 || len(b.uploads) > 0 {
		return bucketNotEmpty(b.name)
	}
	delete(c.s.buckets, b.name)
	c.status = http.StatusNoContent
	return nil
}

type owner struct {
	ID          string
	DisplayName string
}

// theOwner owns all there is.
var theOwner = owner{ID: "1000000000000001", DisplayName: "1000000000000001"}

func (b *bucket) endpointNames() (extranet, intranet string) {
	return "oss-" + b.region + ".aliyuncs.com", "oss-" + b.region + "-internal.aliyuncs.com"
}

// accelerationState is Enabled or Disabled, as GetBucketInfo says it.
func (b *bucket) accelerationState() string {
	if b.acceleration != nil && *b.acceleration {
		return "Enabled"
	}
	return "Disabled"
}

func (c *call) getBucketInfo(b *bucket) *Refusal {
	type info struct {
		Name, Location, CreationDate       string
		ExtranetEndpoint, IntranetEndpoint string
		Grant                              string `xml:"AccessControlList>Grant"`
		DataRedundancyType                 string
		Owner                              owner
		StorageClass                       string
		Versioning                         string `xml:",omitempty"`
		TransferAcceleration               string
		CrossRegionReplication             string
	}
	extranet, intranet := b.endpointNames()
	return c.xml(struct {
		XMLName xml.Name `xml:"BucketInfo"`
		Bucket  info
	}{Bucket: info{
		Name: b.name, Location: "oss-" + b.region, CreationDate: b.created.Format(timeInXML),
		ExtranetEndpoint: extranet, IntranetEndpoint: intranet, Grant: "private", DataRedundancyType: "LRS",
		Owner: theOwner, StorageClass: "Standard", Versioning: b.versioning,
		TransferAcceleration: b.accelerationState(), CrossRegionReplication: "Disabled",
	}})
}

func (c *call) getBucketLocation(b *bucket) *Refusal {
	return c.xml(struct {
		XMLName xml.Name `xml:"LocationConstraint"`
		Value   string   `xml:",chardata"`
	}{Value: "oss-" + b.region})
}

func (c *call) getBucketACL() *Refusal { return c.acl("private") }

type versioningConfiguration struct {
	XMLName xml.Name `xml:"VersioningConfiguration"`
	Status  string   `xml:",omitempty"`
}

func (c *call) getBucketVersioning(b *bucket) *Refusal {
	return c.xml(versioningConfiguration{Status: b.versioning})
}

func (c *call) putBucketVersioning(b *bucket) *Refusal {
	var configuration versioningConfiguration
	if refusal := c.parse(&configuration); refusal != nil {
		return refusal
	}
	if configuration.Status != "Enabled" && configuration.Status != "Suspended" {
		return malformedXML("Status")
	}
	b.versioning = configuration.Status
	return nil
}

func (c *call) listBuckets() *Refusal {
	if c.endpoint == Accelerated {
		return notAtAcceleration(c.operation)
	}
	type entry struct {
		Name, CreationDate, Location       string
		ExtranetEndpoint, IntranetEndpoint string
		Region, StorageClass               string
	}
	result := struct {
		XMLName xml.Name `xml:"ListAllMyBucketsResult"`
		Owner   owner
		Buckets []entry `xml:"Buckets>Bucket"`
	}{Owner: theOwner}
	for _, name := range sortedKeys(c.s.buckets) {
		b := c.s.buckets[name]
		if b.options.OwnedByOther || !strings.HasPrefix(name, c.query.Get("prefix")) {
			continue
		}
		extranet, intranet := b.endpointNames()
		result.Buckets = append(result.Buckets, entry{
			name, b.created.Format(timeInXML), "oss-" + b.region, extranet, intranet, b.region, "Standard",
		})
	}
	return c.xml(result)
}

// xml answers with a document.
func (c *call) xml(document any) *Refusal {
	body, err := xml.MarshalIndent(document, "", "  ")
	if err != nil {
		return refusal(http.StatusInternalServerError, "InternalError", "", err.Error())
	}
	c.body = append([]byte(xml.Header), body...)
	c.header.Set("Content-Type", "application/xml")
	return nil
}

// parse reads the request's document.
func (c *call) parse(document any) *Refusal {
	if err := xml.Unmarshal(c.data, document); err != nil {
		return malformedXML(err.Error())
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys) // by bytes
	return keys
}
