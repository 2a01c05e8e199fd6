# A bucket, a workspace of Realtime Compute for Apache Flink on it, the workspace's files, and deployments that run them.
terraform {
  required_providers {
    alicloud = {
      source  = "aliyun/alicloud"
      version = ">= 1.265.0" # the first with alicloud_realtime_compute_deployment
    }
    flink = {
      source = "terraform-provider-flink/flink"
    }
  }
}

provider "alicloud" {
  region = var.region
}

# Credentials come from the same variables as those of the provider above. For a bucket in mainland China, accounts opened since
# 2025-03-20 also need use_internal_endpoint = true (runs within Alibaba Cloud), or use_cname = true and an endpoint of their own.
provider "flink" {
  oss = { region = var.region }
}

resource "alicloud_oss_bucket" "flink" {
  bucket = var.bucket

  # This resource reads the whole bucket, and would take away what the resources in files.tf set on it.
  lifecycle {
    ignore_changes = [cors_rule, transfer_acceleration]
  }
}

resource "alicloud_realtime_compute_vvp_instance" "flink" {
  vvp_instance_name = var.workspace
  vpc_id            = var.vpc_id
  vswitch_ids       = [var.vswitch_id]
  zone_id           = var.zone_id
  payment_type      = "PayAsYouGo"

  storage {
    oss {
      bucket = alicloud_oss_bucket.flink.bucket
    }
  }
}

# A new workspace has this one namespace.
locals {
  namespace = "${var.workspace}-default"
}
