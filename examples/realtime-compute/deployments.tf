resource "alicloud_realtime_compute_deployment" "job" {
  deployment_name = "job"
  resource_id     = alicloud_realtime_compute_vvp_instance.flink.resource_id
  namespace       = local.namespace
  engine_version  = var.engine_version
  execution_mode  = "STREAMING"

  deployment_target {
    mode = "PER_JOB"
    name = "default-queue"
  }

  artifact {
    kind = "JAR"

    jar_artifact {
      jar_uri                 = flink_artifact.job.uri
      entry_class             = "com.example.QuickstartJob"
      additional_dependencies = [flink_artifact.holidays.uri]
    }
  }

  flink_conf = {
    "execution.checkpointing.interval" = "180s"
  }
}

resource "alicloud_realtime_compute_deployment" "word_count" {
  deployment_name = "word-count"
  resource_id     = alicloud_realtime_compute_vvp_instance.flink.resource_id
  namespace       = local.namespace
  engine_version  = var.engine_version
  execution_mode  = "BATCH"

  deployment_target {
    mode = "PER_JOB"
    name = "default-queue"
  }

  artifact {
    kind = "PYTHON"

    python_artifact {
      python_artifact_uri = flink_artifact.word_count.uri
    }
  }
}

output "jar_uri" {
  value = flink_artifact.job.uri
}
