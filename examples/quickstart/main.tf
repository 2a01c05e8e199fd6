terraform {
  required_providers {
    flink = {
      source = "terraform-provider-flink/flink"
    }
  }
}

variable "base_uri" {
  type        = string
  description = "Where the workspace keeps its files: file:///srv/flink here, s3://my-bucket/vvp in earnest."
}

provider "flink" {
  base_uri = var.base_uri
}

# The directories that a Flink platform expects, and two namespaces.
resource "flink_workspace_storage" "workspace" {
  namespaces = ["default", "staging"]
}

# A JAR. Its name has the beginning of its hash, so that a redeploy is sure to fetch the new one.
resource "flink_artifact" "jar" {
  base_uri          = flink_workspace_storage.workspace.base_uri
  namespace         = "default"
  source            = "${path.module}/quickstart-job.jar"
  content_addressed = true

  lifecycle {
    create_before_destroy = true
  }
}

# A PyFlink script, under its own name.
resource "flink_artifact" "script" {
  base_uri  = flink_workspace_storage.workspace.base_uri
  namespace = "staging"
  filename  = "word_count.py"
  source    = "${path.module}/job.py"
}

# What the namespaces hold once the two are there.
data "flink_artifacts" "listing" {
  for_each   = toset(["default", "staging"])
  namespace  = each.key
  depends_on = [flink_artifact.jar, flink_artifact.script]
}
