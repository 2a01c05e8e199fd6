import {
  to = flink_workspace_storage.workspace
  id = "s3://acme-flink/vvp"
}
