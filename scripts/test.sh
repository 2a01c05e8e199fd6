#!/usr/bin/env bash
# Runs the tests: all of them, or with --opentofu the acceptance tests, by OpenTofu. `make test` builds what this needs.
# Further arguments go to `go test`: scripts/test.sh -run TestArtifact
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

opentofu=
if [[ "${1:-}" == --opentofu ]]; then
	opentofu=--opentofu
	shift
fi
terraform=$(scripts/find-terraform.sh $opentofu)

# Nothing of the user's settings reaches a test: no account, no mirror, no variable.
for name in "${!AWS_@}" "${!ALIBABA_CLOUD_@}" "${!ALICLOUD_@}" "${!OSS_@}" "${!TF_@}" "${!TFC_@}" "${!FLINK_@}"; do
	[[ "$name" == FLINK_TEST_* ]] || unset "$name"
done
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
export ALIBABA_CLOUD_CONFIG_FILE=/nonexistent ALIBABA_CLOUD_CREDENTIALS_FILE=/nonexistent ALIBABA_CLOUD_ECS_METADATA_DISABLED=true
mkdir -p .cache
: >.cache/terraformrc
export TF_CLI_CONFIG_FILE="$PWD/.cache/terraformrc" CHECKPOINT_DISABLE=1

export TF_ACC=1 TF_ACC_TERRAFORM_PATH="$terraform"
export TF_ACC_PROVIDER_NAMESPACE=terraform-provider-flink
version=$("$terraform" version)
version=${version%%$'\n'*}
if [[ "$version" == OpenTofu* ]]; then
	export TF_ACC_PROVIDER_HOST=registry.opentofu.org
fi

# The race detector needs a C compiler, and makes things about three times slower: it watches where goroutines are.
race=
if [[ "$(go env CGO_ENABLED)" == 1 ]]; then
	race=-race
else
	echo "No C compiler: the race detector is off."
fi

run() { # go test's arguments
	go test -json -count=1 "$@" || failed=1
}
failed=0

# The acceptance tests run below a process that looks for their secrets (internal/secrettest), which writes down here what it has searched.
export FLINK_TEST_SECRETS_REPORT=$PWD/.cache/secrets.txt
rm -f "$FLINK_TEST_SECRETS_REPORT"
verdict=0

echo "Acceptance tests run with $version ($terraform)."
{
	if [[ -n "$opentofu" ]]; then
		run -timeout 120m "$@" ./internal/provider
	else
		watched='/internal/(blob|source|workspace)|/internal/provider$'
		# shellcheck disable=SC2046 # import paths have no spaces
		run $race -timeout 120m "$@" $(go list ./... | grep -E "$watched")
		# shellcheck disable=SC2046
		run -timeout 120m "$@" $(go list ./... | grep -vE "$watched")
	fi
	exit "$failed"
} | .bin/testreport || verdict=$?
if [[ -e "$FLINK_TEST_SECRETS_REPORT" ]]; then
	cat "$FLINK_TEST_SECRETS_REPORT"
fi
exit "$verdict"
