variable "region" {
  type    = string
  default = "cn-hangzhou"
}

variable "bucket" {
  type        = string
  default     = "acme-flink"
  description = "Name of the bucket. All accounts share one set of names."
}

variable "workspace" {
  type        = string
  default     = "acme"
  description = "Name of the workspace."
}

variable "vpc_id" {
  type = string
}

variable "vswitch_id" {
  type = string
}

variable "zone_id" {
  type    = string
  default = "cn-hangzhou-h"
}

variable "engine_version" {
  type    = string
  default = "vvr-8.0.10-flink-1.17"
}

variable "transfer_acceleration" {
  type        = bool
  default     = false
  description = "Whether the bucket has transfer acceleration, which costs fees."
}
