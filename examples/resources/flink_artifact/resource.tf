# A job's file. New bytes get a new name, and with it a new URI: a redeployed job never runs an old copy.
resource "flink_artifact" "job" {
  namespace         = "default"
  source            = "${path.module}/word_count.py"
  content_addressed = true

  lifecycle {
    create_before_destroy = true
  }
}

# A file from a URL. It goes straight on to the workspace, and other bytes than those of the hash are never published.
resource "flink_artifact" "connector" {
  namespace         = "default"
  source_url        = "https://${var.maven}/org/apache/flink/flink-sql-connector-kafka/3.4.0-1.20/flink-sql-connector-kafka-3.4.0-1.20.jar"
  content_sha256    = var.connector_sha256
  content_addressed = true

  lifecycle {
    create_before_destroy = true
  }
}

# A file from text, under its own name.
resource "flink_artifact" "stop_words" {
  namespace    = "default"
  filename     = "stop_words.txt"
  content      = join("\n", ["and", "or", "the"])
  content_type = "text/plain"

  metadata = {
    team = "search"
  }
}

variable "maven" {
  type    = string
  default = "repo.example.com/maven2"
}

variable "connector_sha256" {
  type = string
}

output "python_artifact_uri" {
  value = flink_artifact.job.uri
}

output "additional_dependencies" {
  value = [flink_artifact.connector.uri, flink_artifact.stop_words.uri]
}
