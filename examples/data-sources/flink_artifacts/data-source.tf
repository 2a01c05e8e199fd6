# The JARs of a namespace, in byte order of their names.
data "flink_artifacts" "jars" {
  namespace = "default"
  glob      = "*.jar"
}

output "jar_uris" {
  value = data.flink_artifacts.jars.uris
}

# What the web console does not show: it ends after the first 1000.
output "hidden_in_console" {
  value = [for artifact in data.flink_artifacts.jars.artifacts : artifact.filename if !artifact.visible_in_console]
}
