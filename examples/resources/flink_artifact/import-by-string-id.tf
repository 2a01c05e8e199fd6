import {
  to = flink_artifact.stop_words
  id = "s3://acme-flink/vvp/artifacts/namespaces/default/stop_words.txt"
}
