# A job's file. New bytes get a new name, and with it a new URI: a redeployed job never runs an old copy.
resource "flink_artifact" "job" {
  namespace         = "default"
  source            = "${path.module}/word_count.py"
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

output "python_artifact_uri" {
  value = flink_artifact.job.uri
}

output "additional_dependencies" {
  value = [flink_artifact.stop_words.uri]
}
