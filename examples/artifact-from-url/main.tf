# Files that come from URLs. Nothing lies beside the configuration, and nothing is kept on the machine that runs it.
terraform {
  required_providers {
    flink = {
      source = "terraform-provider-flink/flink"
    }
  }
}

provider "flink" {
  base_uri = "s3://acme-flink/vvp"

  http = {
    ca_bundle = var.ca_bundle

    # Sent to this host alone, wherever it redirects to. None of it enters the state.
    credentials = {
      (var.repository) = { token = var.repository_token }
    }
  }
}

# A connector from a Maven repository. The hash is known, so a plan asks the repository nothing.
resource "flink_artifact" "connector" {
  namespace         = "default"
  source_url        = "https://${var.maven}/org/apache/flink/flink-sql-connector-kafka/3.4.0-1.20/flink-sql-connector-kafka-3.4.0-1.20.jar"
  content_sha256    = var.connector_sha256
  content_addressed = true

  lifecycle {
    create_before_destroy = true
  }
}

# A job from a repository of one's own, which keeps the hash of each file beside it. A new version is a change of one word.
resource "flink_artifact" "job" {
  namespace          = "default"
  filename           = "job.jar"
  source_url         = "https://${var.repository}/releases/job-${var.job_version}.jar"
  content_sha256_url = "https://${var.repository}/releases/job-${var.job_version}.jar.sha256"
  content_addressed  = true

  lifecycle {
    create_before_destroy = true
  }
}

output "jar_uri" {
  value = flink_artifact.job.uri
}

output "additional_dependencies" {
  value = [flink_artifact.connector.uri]
}
