# The file that was tested in staging goes to production: the very same bytes, and nobody builds it again.
terraform {
  required_providers {
    flink = {
      source = "terraform-provider-flink/flink"
    }
  }
}

# These credentials may read the bucket of staging and write that of production.
provider "flink" {
  base_uri = "s3://acme-production/vvp"
}

variable "staging_uri" {
  type        = string
  default     = "s3://acme-staging/vvp/artifacts/namespaces/default/job.jar"
  description = "Output uri of the artifact in the configuration of staging."
}

variable "staging_sha256" {
  type        = string
  description = "Output content_sha256 of the same artifact."
}

# Both buckets are in one store, which copies the file itself. With oss:// it is the same.
resource "flink_artifact" "job" {
  namespace         = "default"
  filename          = "job.jar"
  source_url        = var.staging_uri
  content_sha256    = var.staging_sha256
  content_addressed = true

  lifecycle {
    create_before_destroy = true
  }
}

output "jar_uri" {
  value = flink_artifact.job.uri
}
