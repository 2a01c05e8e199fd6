#!/usr/bin/env bash
# Builds the tools that the provider is measured beside, at these versions, each in a module of its own: none of them chooses
# the versions of another's dependencies.
#   bench/peers.sh DIRECTORY
# What comes from elsewhere: aws and rclone from PATH (Debian's awscli and rclone), other providers as terraform-provider-minio and
# terraform-provider-aws in the same directory, each with its version in a file of the same name and .version.
set -euo pipefail

directory=$(realpath -m "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$directory"

build() { # name, module, version
	if [[ -x "$directory/$1" && "$(cat "$directory/$1.version" 2>/dev/null)" == "$3" ]]; then
		return
	fi
	echo "building $1 $3"
	mkdir "$work/$1"
	printf 'module peer\n\ngo 1.26.0\n\nrequire %s %s\n' "$2" "$3" >"$work/$1/go.mod"
	CGO_ENABLED=0 go build -C "$work/$1" -mod=mod -trimpath -ldflags '-s -w' -o "$directory/$1" "$2"
	echo "$3" >"$directory/$1.version"
}
build s5cmd github.com/peak/s5cmd/v2 v2.3.0
build mc github.com/minio/mc v0.0.0-20250313080218-cf909e1063a9

for program in aws rclone; do
	command -v "$program" >/dev/null || echo "$program is not on PATH: it will have no row" >&2
done
