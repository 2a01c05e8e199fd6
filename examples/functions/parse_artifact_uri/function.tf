terraform {
  required_providers {
    flink = {
      source = "terraform-provider-flink/flink"
    }
  }
}

# { base_uri = "s3://acme-flink/vvp", namespace = "default", filename = "job.jar" }
output "parts" {
  value = provider::flink::parse_artifact_uri("s3://acme-flink/vvp/artifacts/namespaces/default/job.jar")
}
