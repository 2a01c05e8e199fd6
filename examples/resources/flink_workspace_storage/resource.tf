resource "flink_workspace_storage" "workspace" {
  base_uri   = "s3://acme-flink/vvp"
  namespaces = ["default", "staging"]

  # Lets the platform's web console upload to the bucket. Rules of others stay as they are.
  cors_rule = {
    allowed_origins = ["https://flink.example.com"]
    allowed_methods = ["GET", "PUT", "POST", "HEAD"]
    allowed_headers = ["*"]
    expose_headers  = ["ETag"]
    max_age_seconds = 600
  }
}

output "artifact_directories" {
  value = flink_workspace_storage.workspace.namespace_artifact_uris
}
