# A workspace in an S3-compatible store of one's own, behind a private certificate authority.
terraform {
  required_providers {
    flink = {
      source = "terraform-provider-flink/flink"
    }
  }
}

variable "endpoint" {
  type        = string
  description = "Where the store answers, such as https://minio.example.com:9000."
}

variable "ca_bundle" {
  type        = string
  default     = null
  description = "A PEM file with the certificate of the store's authority."
}

provider "flink" {
  base_uri         = "s3://acme-flink/vvp"
  custom_ca_bundle = var.ca_bundle

  s3 = {
    endpoint       = var.endpoint
    region         = "us-east-1"
    use_path_style = true
  }
}

resource "flink_artifact" "settings" {
  namespace = "default"
  filename  = "settings.json"
  content   = jsonencode({ parallelism = 4 })
}

output "settings_uri" {
  value = flink_artifact.settings.uri
}
