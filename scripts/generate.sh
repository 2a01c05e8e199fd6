#!/usr/bin/env bash
# Makes the documentation from the provider's schemas, templates/ and examples/.
#   scripts/generate.sh docs       into docs/, and formats the examples
#   scripts/generate.sh --check    changes nothing, fails where docs/ or the examples' format are not current
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=$1
terraform=$(scripts/find-terraform.sh)
mkdir -p .cache
: >.cache/terraformrc
export TF_CLI_CONFIG_FILE="$PWD/.cache/terraformrc" CHECKPOINT_DISABLE=1

render() { # the directory to write, from here
	go run ./internal/docschema >.cache/schema.json
	.bin/tfplugindocs generate --provider-name flink --rendered-provider-name flink \
		--providers-schema .cache/schema.json --rendered-website-dir "$1" >.cache/tfplugindocs.log || {
		cat .cache/tfplugindocs.log >&2
		return 1
	}
}

if [[ "$target" == --check ]]; then
	rm -rf .cache/docs
	render .cache/docs
	if ! diff -ru docs .cache/docs; then
		echo "docs/ is not current: run \`make generate\` and commit what it changes." >&2
		exit 1
	fi
	if ! "$terraform" fmt -check -diff -recursive examples; then
		echo "The examples are not formatted: run \`make generate\`." >&2
		exit 1
	fi
	echo "docs/ and examples/ are current."
else
	"$terraform" fmt -recursive examples
	render "$target"
	echo "Made $target/."
fi
