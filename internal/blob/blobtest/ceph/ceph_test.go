package ceph_test

import (
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/ceph"
)

// A server answers, and keeps what it is sent.
func TestCeph(t *testing.T) {
	peer := ceph.Start(t).Peer(false)
	bucket := peer.CreateBucket(t)
	peer.Put(t, bucket, "key", []byte("data"))
	if data, exists := peer.Object(t, bucket, "key"); !exists || string(data) != "data" {
		t.Errorf("%q, exists %t", data, exists)
	}
}
