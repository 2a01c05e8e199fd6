package ossfake

// execute does what was asked. The lock is held.
func (c *call) execute() *Refusal {
	switch c.operation {
	case "":
		if c.address.bucket != "" || c.address.key != "" {
			if _, refusal := c.bucket(); refusal != nil {
				return refusal
			}
		}
		for name := range c.query {
			if selectors[name] {
				return notInTheFake(c.r.Method + " ?" + name)
			}
		}
		return methodNotAllowed(c.r.Method)
	case "ListBuckets":
		return c.listBuckets()
	case "PutBucket":
		return c.putBucket()
	}
	b, refusal := c.bucket()
	if refusal != nil {
		return refusal
	}
	if c.address.key != "" {
		if refusal := checkKey(c.address.key); refusal != nil {
			return refusal
		}
		return c.executeObject(b)
	}
	return c.executeBucket(b)
}

func (c *call) executeBucket(b *bucket) *Refusal {
	switch c.operation {
	case "DeleteBucket":
		return c.deleteBucket(b)
	case "GetBucketInfo":
		return c.getBucketInfo(b)
	case "GetBucketLocation":
		return c.getBucketLocation(b)
	case "GetBucketAcl":
		return c.getBucketACL()
	case "GetBucketVersioning":
		return c.getBucketVersioning(b)
	case "PutBucketVersioning":
		return c.putBucketVersioning(b)
	case "GetBucketCors":
		return c.getBucketCORS(b)
	case "PutBucketCors":
		return c.putBucketCORS(b)
	case "DeleteBucketCors":
		return c.deleteBucketCORS(b)
	case "GetBucketTransferAcceleration":
		return c.getBucketTransferAcceleration(b)
	case "PutBucketTransferAcceleration":
		return c.putBucketTransferAcceleration(b)
	case "ListObjects":
		return c.listObjects(b)
	case "ListObjectsV2":
		return c.listObjectsV2(b)
	case "ListObjectVersions":
		return c.listObjectVersions(b)
	case "ListMultipartUploads":
		return c.listMultipartUploads(b)
	case "DeleteMultipleObjects":
		return c.deleteMultipleObjects(b)
	case "OptionObject":
		return c.optionObject(b)
	}
	return notInTheFake(c.operation)
}

func (c *call) executeObject(b *bucket) *Refusal {
	if c.r.Header.Get("X-Oss-Callback") != "" {
		return notInTheFake("x-oss-callback")
	}
	switch c.operation {
	case "PutObject":
		return c.putObject(b)
	case "CopyObject":
		return c.copyObject(b)
	case "GetObject", "HeadObject":
		return c.getObject(b)
	case "GetObjectMeta":
		return c.getObjectMeta(b)
	case "DeleteObject":
		return c.deleteObject(b)
	case "GetObjectACL":
		return c.getObjectACL(b)
	case "PutObjectACL":
		return c.putObjectACL(b)
	case "GetObjectTagging":
		return c.getObjectTagging(b)
	case "PutObjectTagging":
		return c.putObjectTagging(b)
	case "DeleteObjectTagging":
		return c.deleteObjectTagging(b)
	case "InitiateMultipartUpload":
		return c.initiateMultipartUpload(b)
	case "UploadPart":
		return c.uploadPart(b)
	case "UploadPartCopy":
		return c.uploadPartCopy(b)
	case "CompleteMultipartUpload":
		return c.completeMultipartUpload(b)
	case "AbortMultipartUpload":
		return c.abortMultipartUpload(b)
	case "ListParts":
		return c.listParts(b)
	case "OptionObject":
		return c.optionObject(b)
	}
	return notInTheFake(c.operation)
}
