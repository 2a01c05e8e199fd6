terraform {
  required_providers {
    flink = {
      source = "terraform-provider-flink/flink"
    }
  }
}

# Credentials are found as the AWS CLI finds them: environment, shared files, a role.
provider "flink" {
  base_uri = "s3://acme-flink/vvp"

  s3 = {
    region = "eu-central-1"
  }
}
