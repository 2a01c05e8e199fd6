# The files of a workspace of Ververica Platform on S3, and a deployment that runs them.
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
    flink = {
      source = "terraform-provider-flink/flink"
    }
    kubernetes = {
      source  = "hashicorp/kubernetes"
      version = ">= 2.20.0"
    }
  }
}

variable "region" {
  type    = string
  default = "eu-central-1"
}

variable "bucket" {
  type        = string
  default     = "acme-flink"
  description = "Name of the bucket. All accounts share one set of names."
}

provider "aws" {
  region = var.region
}

# The cluster that the platform runs on. It is asked at plan, so it has to be there.
provider "kubernetes" {
  config_path = "~/.kube/config"
}

provider "flink" {
  s3 = { region = var.region }
}

resource "aws_s3_bucket" "flink" {
  bucket = var.bucket
}

# base_uri is what the platform has as global.blobStorage.baseUri in the values of its Helm chart.
resource "flink_workspace_storage" "workspace" {
  base_uri   = "s3://${aws_s3_bucket.flink.bucket}/vvp"
  namespaces = ["default"]
}

# The job. New bytes get a new URI, so the deployment is updated, and only then the old file goes.
resource "flink_artifact" "job" {
  base_uri          = flink_workspace_storage.workspace.base_uri
  namespace         = "default"
  source            = "${path.module}/target/job.jar"
  content_addressed = true

  lifecycle {
    create_before_destroy = true
  }
}

# A file that the job reads.
resource "flink_artifact" "holidays" {
  base_uri          = flink_workspace_storage.workspace.base_uri
  namespace         = "default"
  source            = "${path.module}/holidays.csv"
  content_addressed = true

  lifecycle {
    create_before_destroy = true
  }
}
