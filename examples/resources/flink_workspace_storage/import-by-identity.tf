import {
  to = flink_workspace_storage.workspace
  identity = {
    uri = "s3://acme-flink/vvp"
  }
}
