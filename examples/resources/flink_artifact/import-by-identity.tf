import {
  to = flink_artifact.stop_words
  identity = {
    uri = "s3://acme-flink/vvp/artifacts/namespaces/default/stop_words.txt"
  }
}
