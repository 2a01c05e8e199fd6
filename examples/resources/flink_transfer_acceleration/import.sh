terraform import flink_transfer_acceleration.workspace s3://acme-flink
