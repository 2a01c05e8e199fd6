package s3blob

import (
	"context"
	"encoding/base64"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// StoredHash sends one HeadObject that asks for the checksums which S3 took itself, and none to a store that is to be spared them. Whatever
// stands in the way (the caller may lack kms:Decrypt, which is needed for this alone) is no failure but a hash that is not known.
func (s *Store) StoredHash(ctx context.Context, info blob.Info) (*blob.Hash, error) {
	d, err := s.lazy.Get(ctx)
	if err == nil && d.checksums {
		var out *s3.HeadObjectOutput
		out, err = d.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &d.bucket, Key: &info.Key, ChecksumMode: types.ChecksumModeEnabled})
		if err == nil && unquote(out.ETag) == info.ETag {
			return wholeSHA256(out), nil
		}
	}
	if ctx.Err() != nil {
		return nil, s.Fail("HeadObject", info.Key, ctx.Err())
	}
	return nil, nil //nolint:nilnil // it is not known
}

// wholeSHA256 is a checksum over all bytes; nil for none, and for the checksum of the parts' checksums, which S3 marks by "-" and their
// count (User Guide, "Checking object integrity").
func wholeSHA256(out *s3.HeadObjectOutput) *blob.Hash {
	sent := out.ChecksumType == "" && strings.Contains(unquote(out.ETag), "-")
	if sent || out.ChecksumType != "" && out.ChecksumType != types.ChecksumTypeFullObject {
		return nil
	}
	sum, err := base64.StdEncoding.DecodeString(aws.ToString(out.ChecksumSHA256))
	if err != nil || len(sum) != len(blob.Hash{}) {
		return nil
	}
	hash := blob.Hash(sum)
	return &hash
}
