package ossfake

import (
	"encoding/xml"
	"net/http"
)

// accelerated refuses, at the acceleration endpoint, what that one does not do. The code and the words are from memory.
func (c *call) accelerated(b *bucket) *Refusal {
	if !c.isObjectData() {
		return notAtAcceleration(c.operation)
	}
	if !b.isAccelerated() {
		return refusal(http.StatusForbidden, "AccessDenied", "", "The bucket does not enable transfer acceleration.").with("Bucket", b.name)
	}
	return nil
}

// notAtAcceleration refuses a call for a bucket's configuration.
func notAtAcceleration(operation string) *Refusal {
	return refusal(http.StatusForbidden, "AccessDenied", "", "The operation is not supported at the acceleration endpoint.").with("Operation", operation)
}

func (b *bucket) isAccelerated() bool {
	if b.effective != nil {
		return *b.effective
	}
	return b.acceleration != nil && *b.acceleration
}

// SetAccelerationEffective reports whether the acceleration endpoint serves a bucket, whatever is configured: on OSS a change
// takes up to 30 minutes. Without it a change counts at once.
// https://www.alibabacloud.com/help/en/oss/developer-reference/putbuckettransferacceleration
func (s *Server) SetAccelerationEffective(bucket string, effective bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buckets[bucket].effective = &effective
}

// accelerationUnsupported answers the getting as the setting, says the page of 0028-00000001. Its code is from memory.
func accelerationUnsupported(bucket string) *Refusal {
	return refusal(http.StatusForbidden, "TransferAccelerationDisabled", "0028-00000001", "Transfer acceleration is not supported in this region.").
		with("Bucket", bucket)
}

type transferAcceleration struct {
	XMLName xml.Name `xml:"TransferAccelerationConfiguration"`
	Enabled *bool
}

func (c *call) putBucketTransferAcceleration(b *bucket) *Refusal {
	var configuration transferAcceleration
	if refusal := c.parse(&configuration); refusal != nil {
		return refusal
	}
	if configuration.Enabled == nil {
		return malformedXML("Enabled")
	}
	if b.options.AccelerationUnsupported {
		return accelerationUnsupported(b.name)
	}
	b.acceleration = configuration.Enabled
	return nil
}

// getBucketTransferAcceleration of a bucket whose acceleration was never set is an error.
func (c *call) getBucketTransferAcceleration(b *bucket) *Refusal {
	if b.options.AccelerationUnsupported {
		return accelerationUnsupported(b.name)
	}
	if b.acceleration == nil {
		return refusal(http.StatusNotFound, "NoSuchTransferAccelerationConfiguration", "0028-00000004",
			"The bucket you specified does not have transfer acceleration configuration.").with("BucketName", b.name)
	}
	return c.xml(transferAcceleration{Enabled: b.acceleration})
}
