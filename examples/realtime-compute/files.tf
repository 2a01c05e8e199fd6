# The directories of the workspace, and the rule that lets the web console upload to the bucket.
resource "flink_workspace_storage" "workspace" {
  base_uri   = "oss://${alicloud_oss_bucket.flink.bucket}"
  namespaces = [local.namespace]
  cors_rule  = {}
}

# The job. New bytes get a new URI, so its deployment is updated, and only then the old file goes.
resource "flink_artifact" "job" {
  base_uri          = flink_workspace_storage.workspace.base_uri
  namespace         = local.namespace
  source            = "${path.module}/target/job.jar"
  content_addressed = true

  lifecycle {
    create_before_destroy = true
  }
}

# A file that the job reads.
resource "flink_artifact" "holidays" {
  base_uri          = flink_workspace_storage.workspace.base_uri
  namespace         = local.namespace
  source            = "${path.module}/holidays.csv"
  content_addressed = true

  lifecycle {
    create_before_destroy = true
  }
}

# A job in Python.
resource "flink_artifact" "word_count" {
  base_uri          = flink_workspace_storage.workspace.base_uri
  namespace         = local.namespace
  source            = "${path.module}/word_count.py"
  content_addressed = true

  lifecycle {
    create_before_destroy = true
  }
}

# For uploads from far away. Alibaba Cloud charges for what goes through it. It takes up to 30 minutes; from then on, files may
# have accelerate = true.
resource "flink_transfer_acceleration" "bucket" {
  count    = var.transfer_acceleration ? 1 : 0
  base_uri = flink_workspace_storage.workspace.base_uri
}
