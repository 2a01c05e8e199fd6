#!/usr/bin/env bash
# Keeps states that the provider writes now under a new name, for good: internal/provider/testdata/states/README.md.
#   scripts/record-states.sh 0.2.0              with Terraform, as NAME-terraform-VERSION
#   scripts/record-states.sh --opentofu 0.2.0   with OpenTofu, as NAME-opentofu-VERSION
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

opentofu=
if [[ "${1:-}" == --opentofu ]]; then
	opentofu=--opentofu
	shift
fi
if (($# != 1)); then
	sed -n '2,4s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
	exit 2
fi
terraform=$(scripts/find-terraform.sh $opentofu)
version=$("$terraform" version 2>/dev/null | sed -n 's/^\(Terraform\|OpenTofu\) v\(.*\)/\1-\2/p')
if [[ "$version" == OpenTofu* ]]; then
	export TF_ACC_PROVIDER_HOST=registry.opentofu.org
fi
name=$1-${version,,}
TF_ACC_TERRAFORM_PATH=$terraform go test ./internal/provider -count=1 -run '^TestStates$' -args -record-states "$name"
echo "See internal/provider/testdata/states/$name, and commit it."
