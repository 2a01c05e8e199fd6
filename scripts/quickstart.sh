#!/usr/bin/env bash
# Applies examples/quickstart on a local directory, with the provider that `make build` made. Everything that this
# writes is in .quickstart/; remove that directory to begin anew. A second run finds nothing to do.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

terraform=$(scripts/find-terraform.sh)
home=$PWD/.quickstart
config=$home/config

# Nothing of the user's settings takes part, and nothing of them is changed.
for name in "${!TF_@}" "${!FLINK_@}"; do
	unset "$name"
done
export CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1 TF_CLI_CONFIG_FILE=$home/terraformrc
export TF_VAR_base_uri=file://$home/workspace

mkdir -p "$config" "$home/workspace"
scripts/install.sh .bin/terraform-provider-flink 0.0.1 "$home/plugins" >/dev/null
escaped=${home//\\/\\\\}
escaped=${escaped//\"/\\\"}
cat >"$TF_CLI_CONFIG_FILE" <<EOF
provider_installation {
  filesystem_mirror {
    path = "$escaped/plugins"
    include = [
      "registry.terraform.io/terraform-provider-flink/flink",
      "registry.opentofu.org/terraform-provider-flink/flink",
    ]
  }
}
EOF

color=
[[ -t 1 ]] || color=-no-color

cp examples/quickstart/*.tf examples/quickstart/job.py "$config"
go run ./examples/quickstart/makejar "$config/quickstart-job.jar"

# The lock file has the hash of the provider as it was built last time.
rm -f "$config/.terraform.lock.hcl"
if ! "$terraform" -chdir="$config" init -input=false >"$home/init.log" 2>&1; then
	cat "$home/init.log" >&2
	exit 1
fi

changes=0
version=$("$terraform" version)
echo "Applying examples/quickstart with ${version%%$'\n'*}."
"$terraform" -chdir="$config" plan $color -input=false -detailed-exitcode -out="$home/plan" || changes=$?
case $changes in
0) ;;
2) "$terraform" -chdir="$config" apply $color -input=false "$home/plan" ;;
*) exit "$changes" ;;
esac

echo
echo "What lies in $home/workspace:"
(
	cd "$home/workspace"
	find . -mindepth 1 | LC_ALL=C sort | while IFS= read -r path; do
		if [[ -d "$path" ]]; then
			printf '%10s  %s/\n' - "${path#./}"
		else
			printf '%10s  %s\n' "$(($(wc -c <"$path")))" "${path#./}"
		fi
	done
)
echo
echo "The jar_uri to paste into a deployment:"
echo "  $("$terraform" -chdir="$config" output -raw jar_uri)"
echo
if [[ $changes == 0 ]]; then
	echo "Nothing was changed: the workspace is already as the configuration says."
else
	echo "Done. Run \`make quickstart\` again: it changes nothing."
fi
