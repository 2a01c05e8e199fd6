#!/usr/bin/env bash
# Puts a built provider into a directory that Terraform and OpenTofu can install from, under both registries' names.
#   scripts/install.sh <provider binary> <version> <plugins directory>
set -euo pipefail

binary=$1 version=$2 plugins=$3
platform=$(go env GOOS)_$(go env GOARCH)

for host in registry.terraform.io registry.opentofu.org; do
	folder=$plugins/$host/terraform-provider-flink/flink/$version/$platform
	mkdir -p "$folder"
	# A new file, not new bytes in the old one, which a running Terraform may still hold.
	cp "$binary" "$folder/.new"
	mv "$folder/.new" "$folder/terraform-provider-flink_v$version$(go env GOEXE)"
	echo "$folder"
done
