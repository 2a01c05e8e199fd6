terraform import flink_workspace_storage.workspace s3://acme-flink/vvp
