output "jar_uri" {
  description = "For jarUri of a deployment."
  value       = flink_artifact.jar.uri
}

output "python_uri" {
  description = "For pythonArtifactUri of a deployment."
  value       = flink_artifact.script.uri
}

output "namespaces" {
  description = "Where each namespace has its artifacts."
  value       = flink_workspace_storage.workspace.namespace_artifact_uris
}

output "listing" {
  description = "What lies there, with its size in bytes."
  value = {
    for namespace, found in data.flink_artifacts.listing :
    namespace => { for artifact in found.artifacts : artifact.filename => artifact.size }
  }
}
