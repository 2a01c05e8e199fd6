variable "maven" {
  type        = string
  default     = "repo.example.com/maven2"
  description = "Host and path of a Maven repository."
}

variable "connector_sha256" {
  type        = string
  description = "SHA-256 of the connector, from one who has checked it: curl -fsSL URL | sha256sum | cut -d' ' -f1"
}

variable "repository" {
  type        = string
  default     = "repo.example.com"
  description = "Host of the jobs, with its port unless that is 443."
}

variable "repository_token" {
  type      = string
  sensitive = true
}

variable "job_version" {
  type    = string
  default = "1.4.0"
}

variable "ca_bundle" {
  type        = string
  default     = null
  description = "A PEM file with the certificate of the repository's authority, if that is a private one."
}
