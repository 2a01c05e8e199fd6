# Switches the acceleration of the bucket on. A destroy puts back what was there before.
resource "flink_transfer_acceleration" "workspace" {
  base_uri = "s3://acme-flink/vvp"
}

# Artifacts then say accelerate = true. To send them in the same run, set wait = true above, and in the artifact
# depends_on = [flink_transfer_acceleration.workspace].

output "accelerated_bucket" {
  value = flink_transfer_acceleration.workspace.bucket
}
