import {
  to = flink_transfer_acceleration.workspace
  id = "s3://acme-flink"
}
