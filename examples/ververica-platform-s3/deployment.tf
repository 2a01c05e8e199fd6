# A deployment as the platform's Kubernetes operator takes it, from Ververica Platform 3.1 on.
resource "kubernetes_manifest" "job" {
  manifest = {
    apiVersion = "ververica.platform/v1"
    kind       = "VvpDeployment"

    metadata = {
      name        = "job"
      namespace   = "vvp-jobs"                                # one that the operator watches
      labels      = { "ververica.platform/owner" = "vvp" }    # the operator's instanceId
      annotations = { apikeySecretName = "vvp-operator-key" } # a secret that is there already
    }

    spec = {
      syncingMode = "PATCH"

      deployment = {
        metadata = {
          name      = "job"
          namespace = "default"
        }

        spec = {
          state                = "RUNNING"
          deploymentTargetName = "default"

          template = {
            spec = {
              engineVersionName = "vera-4.1-flink-1.20"

              artifact = {
                kind                   = "JAR"
                jarUri                 = flink_artifact.job.uri
                entryClass             = "com.example.QuickstartJob"
                additionalDependencies = [flink_artifact.holidays.uri]
              }
            }
          }
        }
      }
    }
  }

  # The operator has told the platform.
  wait {
    condition {
      type   = "Consistent"
      status = "True"
    }
  }
}

output "jar_uri" {
  value = flink_artifact.job.uri
}
