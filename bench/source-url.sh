#!/usr/bin/env bash
# Streams one file from nginx over TLS to versitygw: by terraform apply, and by curl | aws s3 cp, in turns. Prints the times, their ratio, and
# the peak of the provider's memory.
#   bench/source-url.sh [MiB, 2048] [rounds, 3]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

size=${1:-2048} rounds=${2:-3}
PATH=$PATH:/usr/sbin
for program in nginx openssl curl aws terraform .bin/versitygw .bin/terraform-provider-flink; do
	command -v "$program" >/dev/null || missing+=" $program"
done
[[ -z "${missing:-}" ]] || { echo "missing:$missing" >&2; exit 1; }

work=$(mktemp -d /dev/shm/flink-bench.XXXXXX)
chmod 755 "$work" # nginx gives up being root
pids=()
cleanup() {
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
	wait 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
https=$(free_port) s3=$(free_port)

mkdir -p "$work"/{www,store,nginx,config}
head -c "$((size << 20))" /dev/urandom >"$work/www/job.bin"
hash=$(sha256sum "$work/www/job.bin")
hash=${hash%% *}
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext 'subjectAltName=IP:127.0.0.1' \
	-keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
cat >"$work/nginx.conf" <<END
daemon off;
worker_processes 1;
pid $work/nginx/pid;
error_log $work/nginx/error.log;
events {}
http {
  access_log off;
  client_body_temp_path $work/nginx/body; proxy_temp_path $work/nginx/proxy; fastcgi_temp_path $work/nginx/fastcgi;
  uwsgi_temp_path $work/nginx/uwsgi; scgi_temp_path $work/nginx/scgi;
  server { listen 127.0.0.1:$https ssl; ssl_certificate $work/cert.pem; ssl_certificate_key $work/key.pem; root $work/www; }
}
END
nginx -c "$work/nginx.conf" -p "$work/nginx" -e "$work/nginx/error.log" &
pids+=($!)
.bin/versitygw --port "127.0.0.1:$s3" --access access --secret secretsecret --quiet posix "$work/store" >"$work/versitygw.log" 2>&1 &
pids+=($!)

export AWS_ACCESS_KEY_ID=access AWS_SECRET_ACCESS_KEY=secretsecret AWS_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null CHECKPOINT_DISABLE=1
store() { aws --endpoint-url "http://127.0.0.1:$s3" s3 "$@"; }
for _ in {1..50}; do
	curl -s -o /dev/null --cacert "$work/cert.pem" "https://127.0.0.1:$https/" && store mb s3://bench >/dev/null 2>&1 && break
	sleep 0.1
done

cat >"$work/terraformrc" <<END
provider_installation {
  dev_overrides { "terraform-provider-flink/flink" = "$PWD/.bin" }
  direct {}
}
END
export TF_CLI_CONFIG_FILE=$work/terraformrc
cat >"$work/config/main.tf" <<END
terraform {
  required_providers {
    flink = { source = "terraform-provider-flink/flink" }
  }
}
provider "flink" {
  base_uri = "s3://bench/vvp"
  s3       = { endpoint = "http://127.0.0.1:$s3" }
  http     = { ca_bundle = "$work/cert.pem" }
}
resource "flink_artifact" "job" {
  namespace      = "default"
  source_url     = "https://127.0.0.1:$https/job.bin"
  content_sha256 = "$hash"
}
END

# The kernel's own peak of every process that runs the provider's file: Terraform forks before it executes it.
watch_memory() {
	local binary peak=0 status kib
	binary=$(readlink -f .bin/terraform-provider-flink)
	while true; do
		for status in /proc/[0-9]*/status; do
			[[ "$(readlink "${status%/status}/exe" 2>/dev/null)" == "$binary" ]] || continue
			kib=$(awk '/^VmHWM/ { print $2 }' "$status" 2>/dev/null) || continue
			((${kib:-0} > peak)) && peak=$kib && echo "$peak" >"$work/peak"
		done
		sleep 0.05
	done
}
watch_memory &
pids+=($!)

seconds() { # a command; prints how long it took
	local start=$EPOCHREALTIME
	"$@" >"$work/last.log" 2>&1 || { cat "$work/last.log" >&2; return 1; }
	awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f\n", b - a }'
}
pipe() { curl -sS --fail --cacert "$work/cert.pem" "https://127.0.0.1:$https/job.bin" | store cp --expected-size "$((size << 20))" - s3://bench/peer/job.bin; }
apply() { terraform -chdir="$work/config" apply -auto-approve -no-color; }
remove() { terraform -chdir="$work/config" destroy -auto-approve -no-color >/dev/null; }

printf '%d MiB, https (nginx) to S3 (versitygw), seconds\n%-8s %10s %10s\n' "$size" round apply pipe
for ((round = 1; round <= rounds; round++)); do
	ours=$(seconds apply)
	theirs=$(seconds pipe)
	remove
	store rm s3://bench/peer/job.bin >/dev/null
	printf '%-8d %10s %10s\n' "$round" "$ours" "$theirs"
	echo "$ours $theirs" >>"$work/times"
done
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
ours=$(cut -d' ' -f1 "$work/times" | median)
theirs=$(cut -d' ' -f2 "$work/times" | median)
awk -v a="$ours" -v b="$theirs" -v kib="$(cat "$work/peak")" \
	'BEGIN { printf "medians %.2f and %.2f: ratio %.2f; peak of the provider: %.0f MiB\n", a, b, a / b, kib / 1024 }'
