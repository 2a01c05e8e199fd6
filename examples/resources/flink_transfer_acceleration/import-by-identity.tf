import {
  to = flink_transfer_acceleration.workspace
  identity = {
    uri = "s3://acme-flink"
  }
}
