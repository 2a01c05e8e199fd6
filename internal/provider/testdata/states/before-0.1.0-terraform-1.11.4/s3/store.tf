variable "accelerate_endpoint" {
  type = string
}

provider "flink" {
  base_uri = var.base_uri
  http     = { ca_bundle = var.ca_bundle }
  s3       = { accelerate_endpoint = var.accelerate_endpoint }
}

resource "flink_workspace_storage" "workspace" {
  namespaces = ["default", "staging"]
  cors_rule  = {}
}

# The rule of somebody else serves it.
resource "flink_workspace_storage" "served" {
  base_uri    = "${var.base_uri}/served"
  directories = ["plan"]
  cors_rule = {
    allowed_origins = ["https://theirs.example.com"]
    allowed_methods = ["GET", "PUT"]
  }
}

resource "flink_workspace_storage" "other_rule" {
  base_uri    = "${var.base_uri}/other-rule"
  directories = []
  cors_rule = {
    allowed_origins = ["https://*.example.com", "https://console.example.org"]
    allowed_methods = ["PUT", "POST"]
    allowed_headers = ["x-amz-*", "content-type"]
    expose_headers  = ["ETag"]
    max_age_seconds = 600
  }
}

import {
  to = flink_workspace_storage.imported
  id = "${var.base_uri}/imported"
}

resource "flink_workspace_storage" "imported" {
  base_uri    = "${var.base_uri}/imported"
  namespaces  = ["theirs"]
  directories = ["artifacts", "plan"]
}

# It was never set before.
resource "flink_transfer_acceleration" "bucket" {}

# It was on before.
resource "flink_transfer_acceleration" "was_on" {
  base_uri = "s3://acme-archive"
}

import {
  to = flink_transfer_acceleration.imported
  id = "s3://acme-staging"
}

resource "flink_transfer_acceleration" "imported" {
  base_uri = "s3://acme-staging"
  enabled  = false
}

resource "flink_artifact" "accelerated" {
  namespace  = "default"
  filename   = "accelerated.sql"
  content    = "SELECT 'accelerated';\n"
  accelerate = true
  depends_on = [flink_transfer_acceleration.bucket]
}

# Another spelling of the same place.
resource "flink_artifact" "spelled" {
  base_uri  = replace(var.base_uri, "s3://", "s3a://")
  namespace = "default"
  filename  = "spelled.sql"
  content   = "SELECT 'spelled';\n"
}

resource "flink_artifact" "copied" {
  namespace  = "default"
  source_url = "s3://acme-staging/releases/copied.jar"
}
