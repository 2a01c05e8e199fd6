#!/usr/bin/env bash
# Runs a part of the tests, which may be followed by arguments of `go test`: scripts/test.sh places -run TestArtifact. `make tools` builds what
# this needs. A skipped test is a failure.
#
#   short       everything, made smaller (go test -short): `make test`
#   check       what needs no server and no program of others but Terraform: `make check`
#
# The parts of `make test-all`, in which nothing is made smaller. Each is a target of its own: make test-faults.
#   units       all packages but those of the other parts
#   faults      every request broken by every fault
#   lifecycles  10,000 random lifecycles, new ones each time, or those of SEED
#   places      the acceptance tests, in every kind of store
#   stores      the conformance suite on S3 servers of others that take long: Ceph
#   kills       the provider's process is killed, again and again
#   secrets     the acceptance tests with logs at TRACE, below a process that looks for their secrets
#   fuzz        a thousand inputs for each target (scripts/fuzz.sh gives them more)
#   opentofu    the acceptance tests by OpenTofu, below that process too
#
# Without a part all packages run, with these arguments: scripts/test.sh -run TestArtifact
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

part=packages
if [[ "${1:--}" != -* ]]; then
	part=$1
	shift
fi
arguments=("$@")

if [[ "$part" == opentofu ]]; then
	TF_ACC_TERRAFORM_PATH=$(scripts/find-terraform.sh --opentofu)
else
	TF_ACC_TERRAFORM_PATH=$(scripts/find-terraform.sh)
fi
terraform=$TF_ACC_TERRAFORM_PATH
# Nothing of the user's settings reaches a test: no account, no mirror, no variable.
for name in "${!AWS_@}" "${!ALIBABA_CLOUD_@}" "${!ALICLOUD_@}" "${!OSS_@}" "${!TF_@}" "${!TFC_@}" "${!FLINK_@}"; do
	[[ "$name" == FLINK_TEST_* ]] || unset "$name"
done
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
export ALIBABA_CLOUD_CONFIG_FILE=/nonexistent ALIBABA_CLOUD_CREDENTIALS_FILE=/nonexistent ALIBABA_CLOUD_ECS_METADATA_DISABLED=true
mkdir -p .cache
: >.cache/terraformrc
export TF_CLI_CONFIG_FILE="$PWD/.cache/terraformrc" CHECKPOINT_DISABLE=1
export TF_ACC=1 TF_ACC_TERRAFORM_PATH="$terraform" TF_ACC_PROVIDER_NAMESPACE=terraform-provider-flink
version=$("$terraform" version)
version=${version%%$'\n'*}
if [[ "$version" == OpenTofu* ]]; then
	export TF_ACC_PROVIDER_HOST=registry.opentofu.org
fi

# The race detector needs a C compiler.
race=
if [[ "$(go env CGO_ENABLED)" == 1 ]]; then
	race=-race
else
	echo "No C compiler: the race detector is off."
fi

acceptance=./internal/provider
concurrent='/internal/(blob|source|workspace)' # where goroutines are
packages() {                                   # a pattern of their names
	go list ./... | grep -v '/internal/provider$' | grep -E "$@"
}

# Tests on servers of others that take long: a part of their own.
others='^TestCeph$'

# The stores whose faults are a part of their own.
faulted=$(grep -rl --include='*_test.go' 'faultmatrix\.Run(' internal/blob | xargs -n 1 dirname | sort -u | paste -sd '|' -)

failed=0
run() { # packages and arguments of `go test`
	go test -json -timeout 60m "$@" ${arguments[@]+"${arguments[@]}"} || failed=1
}
anew() { # the same, and not from Go's cache
	run -count=1 "$@"
}
bench() { # not from Go's cache, as these tests look at files outside of their module
	go test -C bench -json -count=1 "$@" ./... || failed=1
}

# Acceptance tests below a process that looks for their secrets (internal/secrettest), and writes down here what it has searched.
searched=$PWD/.cache/secrets.txt
rm -f "$searched"
watched() {
	FLINK_TEST_SECRETS_REPORT=$searched anew "$acceptance" "$@"
}
# Those whose secrets come wherever a secret can: from blocks and variables into requests, failures and the logs of libraries, in every store.
secretive='^Test(Smoke|SecretsStayOut|SourceURLCredentials|LibrariesLogNoSecret)$'

# What needs servers or programs of others, by packages and by names.
served='/(provider|s3blob|acceleratefake|versitygw|ceph|nginx|faults|lifecycle)$'
served_tests='^Test(Nginx.*|Compiled|AsJavaReads|RealJars)$'

# The names of the tests within the provider's package, which call no Terraform.
inner_tests() {
	local names
	names=$(go list -f '{{range .TestGoFiles}}{{$.Dir}}/{{.}} {{end}}' "$acceptance" | xargs sed -n 's/^func \(Test[A-Za-z0-9]*\)(t .*/\1/p' | paste -sd '|' -)
	echo "^($names)\$"
}

tests() {
	# shellcheck disable=SC2046 # import paths have no spaces
	case $part in
	short)
		# Side by side: Terraform and what it calls wait for each other, and leave a core idle.
		{
			anew -p 1 -short $race -skip "$others" $(packages "$concurrent")
			watched -short -run "$secretive"
			exit "$failed"
		} >.cache/beside.json &
		anew -short "$acceptance" $(packages -v "$concurrent") # the longest first
		bench -short
		wait "$!" || failed=1
		cat .cache/beside.json
		;;
	check)
		run -short -skip "$served_tests" $(packages -v "$served")
		run -short -run "$(inner_tests)" "$acceptance"
		;;
	units)
		anew $race -skip "$others" $(packages "$concurrent" | grep -vE "/($faulted)$")
		anew $race -skip "^TestFaults$|$others" $(packages "/($faulted)$")
		anew $(packages -v "$concurrent|/(faults|lifecycle)$")
		bench
		;;
	faults)
		anew $race -run '^TestFaults$' $(packages "/($faulted)$")
		anew ./internal/provider/faults
		;;
	lifecycles) anew ./internal/provider/lifecycle -seed="$seed" ;;
	stores)
		scripts/install-test-packages.sh --stores >&2
		anew -run "$others" ./internal/blob/s3blob ./internal/blob/blobtest/ceph
		;;
	places) anew $race -skip '^TestKilledProvider$' "$acceptance" ;;
	kills) anew $race -run '^TestKilledProvider$' "$acceptance" ;;
	secrets | opentofu) watched ;;
	packages) anew ./... ;;
	*)
		echo "There is no part $part: see the head of $0." >&2
		exit 2
		;;
	esac
	exit "$failed"
}

case $part in
fuzz) exec scripts/fuzz.sh --short ${arguments[@]+"${arguments[@]}"} ;;
lifecycles)
	seed=${SEED:-$((RANDOM * 32768 + RANDOM + 1))}
	echo "The lifecycles of seed $seed: SEED=$seed scripts/test.sh lifecycles tries the same ones."
	;;
esac
echo "Tests, part $part, with $version ($terraform)."
verdict=0
tests | .bin/testreport || verdict=$?
if [[ -e "$searched" ]]; then
	cat "$searched"
fi
exit "$verdict"
