provider "flink" {
  base_uri = var.base_uri
  http     = { ca_bundle = var.ca_bundle }
}

resource "flink_workspace_storage" "workspace" {
  namespaces = ["default", "staging"]
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
