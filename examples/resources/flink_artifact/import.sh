terraform import flink_artifact.stop_words s3://acme-flink/vvp/artifacts/namespaces/default/stop_words.txt
