# What every store keeps. Objects of others, which lie there before, are in before.json; files behind URLs in published.json.

terraform {
  required_providers {
    flink = {
      source = "terraform-provider-flink/flink"
    }
  }
}

variable "base_uri" {
  type = string
}

variable "ca_bundle" {
  type = string
}

resource "flink_artifact" "addressed" {
  namespace         = "default"
  source            = "job.jar"
  content_addressed = true

  lifecycle {
    create_before_destroy = true
  }
}

resource "flink_artifact" "plain" {
  namespace = "default"
  source    = "job.py"
}

resource "flink_artifact" "pinned_source" {
  namespace      = "default"
  filename       = "pinned.py"
  source         = "job.py"
  content_sha256 = filesha256("job.py")
}

resource "flink_artifact" "content" {
  namespace = "default"
  filename  = "query.sql"
  content   = "INSERT INTO sink SELECT * FROM source;\n"
}

resource "flink_artifact" "attributes" {
  namespace    = "default"
  filename     = "attributes.sql"
  content      = "SELECT 1;\n"
  content_type = "application/sql"
  metadata = {
    build = "42"
    team  = "data platform"
  }
}

resource "flink_artifact" "addressed_content" {
  namespace         = "default"
  filename          = "tables.sql"
  content           = "CREATE TABLE source (id BIGINT) WITH ('connector' = 'datagen');\n"
  content_addressed = true
  retain_on_destroy = true
}

resource "flink_artifact" "pinned_url" {
  namespace      = "default"
  source_url     = "https://repo.localhost/releases/pinned.jar"
  content_sha256 = filesha256("job.jar")
}

resource "flink_artifact" "pinned_by_checksums" {
  namespace          = "default"
  source_url         = "https://repo.localhost/releases/checked.jar"
  content_sha256_url = "https://repo.localhost/releases/SHA256SUMS"
  content_addressed  = true
}

resource "flink_artifact" "unpinned_with_etag" {
  namespace  = "default"
  source_url = "https://repo.localhost/releases/etag.jar"
}

resource "flink_artifact" "unpinned_with_date" {
  namespace  = "default"
  source_url = "https://repo.localhost/releases/date.jar"
}

# Somebody else wrote it, and it carries no token.
import {
  to = flink_artifact.imported
  id = "${var.base_uri}/artifacts/namespaces/default/imported.sql"
}

resource "flink_artifact" "imported" {
  namespace = "default"
  filename  = "imported.sql"
  content   = "SELECT 'imported';\n"
}

# A resource of another state wrote it, and its name has its hash.
import {
  to = flink_artifact.imported_with_token
  id = "${var.base_uri}/artifacts/namespaces/default/theirs-ebbea464d0de.sql"
}

resource "flink_artifact" "imported_with_token" {
  namespace         = "default"
  filename          = "theirs.sql"
  content           = "SELECT 'theirs';\n"
  content_addressed = true
}

# The same bytes are there, written by somebody else.
resource "flink_artifact" "adopted" {
  namespace = "default"
  filename  = "adopted.sql"
  content   = "SELECT 'adopted';\n"
}

# A run that crashed wrote it.
resource "flink_artifact" "taken_over" {
  namespace = "default"
  filename  = "taken-over.sql"
  content   = "SELECT 'taken over';\n"
}

# Other bytes are there.
resource "flink_artifact" "overwritten" {
  namespace = "default"
  filename  = "overwritten.sql"
  content   = "SELECT 'overwritten';\n"
  overwrite = true
}

resource "flink_artifact" "elsewhere" {
  base_uri  = flink_workspace_storage.elsewhere.base_uri
  namespace = "staging"
  filename  = "elsewhere.sql"
  content   = "SELECT 'elsewhere';\n"

  timeouts = {
    create = "10m"
    read   = "5m"
  }
}

resource "flink_workspace_storage" "elsewhere" {
  base_uri    = "${var.base_uri}/elsewhere"
  namespaces  = ["staging"]
  directories = ["artifacts", "logs/deep"]
}
