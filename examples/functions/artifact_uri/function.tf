terraform {
  required_providers {
    flink = {
      source = "terraform-provider-flink/flink"
    }
  }
}

# "s3://acme-flink/vvp/artifacts/namespaces/default/job.jar"
output "jar_uri" {
  value = provider::flink::artifact_uri("s3://acme-flink/vvp", "default", "job.jar")
}
