# The JAR of the last build: what it says of itself, before any cluster meets it.
data "flink_artifact" "build" {
  source = "${path.module}/target/job.jar"
}

locals {
  cluster_java = 11
  needed_java  = data.flink_artifact.build.jar.java_release # null where there is no main class
}

# The plan stops at a JAR that needs a newer Java than the cluster has.
resource "flink_artifact" "job" {
  namespace         = "default"
  source            = data.flink_artifact.build.source
  content_addressed = true

  lifecycle {
    create_before_destroy = true

    precondition {
      condition     = try(local.needed_java <= local.cluster_java, false)
      error_message = "job.jar needs Java ${coalesce(local.needed_java, "(unknown)")}, and the cluster has Java ${local.cluster_java}."
    }
  }
}

# The same of a JAR in the workspace, whoever put it there.
data "flink_artifact" "published" {
  namespace = flink_artifact.job.namespace
  filename  = basename(flink_artifact.job.uri)
}

output "main_class" {
  value = data.flink_artifact.published.jar.main_class
}
