#!/usr/bin/env bash
# Fuzzes: every target, one after the other, or the one that is named.
#
#	scripts/fuzz.sh --short [TARGET]   a thousand inputs each, as a test: with the binaries of the tests, which know nothing of what they cover
#	scripts/fuzz.sh 10m [TARGET]       so long each (go test -fuzztime), built so that what reaches new code is gone on with
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

time=${1:?"--short, or how long each target runs: 10m, 20000x"}
only=${2:-}
short=
if [[ "$time" == --short ]]; then
	short=1 time=1000x # not seconds: a worker that is late for the end is a failure (golang/go#75804)
fi
# The package of the provider looks for one, whatever it runs.
TF_ACC_TERRAFORM_PATH=${TF_ACC_TERRAFORM_PATH:-$(scripts/find-terraform.sh)}
export TF_ACC_TERRAFORM_PATH CHECKPOINT_DISABLE=1
binaries=$(mktemp -d)
trap 'rm -rf "$binaries"' EXIT

# One worker: a machine that runs tests has other work. What is found is not made smaller for long, as it is read by a human.
fuzz() { # package, target
	local arguments=(-test.run '^$' -test.fuzz "^$2\$" -test.fuzztime "$time" -test.fuzzminimizetime 10x -test.parallel 1)
	if [[ -n "$short" ]]; then
		local binary="$binaries/${1//\//-}"
		[[ -x "$binary" ]] || go test -c -o "$binary" "./$1" || return
		# Without a cache of its own each run begins with the seeds.
		(cd "$1" && "$binary" "${arguments[@]}" -test.fuzzcachedir "$binaries/cache") 2>&1
	else
		go test "${arguments[@]/#-test./-}" "./$1" 2>&1
	fi
}

ran=0 failed=0
while IFS=: read -r file target; do
	[[ -z "$only" || "$target" == "$only" ]] || continue
	ran=$((ran + 1)) begun=$SECONDS package=$(dirname "$file") output=
	if output=$(fuzz "$package" "$target"); then
		executions=$(grep -o 'execs: [0-9]*' <<<"$output" | tail -n 1 | tr -dc 0-9)
		if ((${executions:-0} > 0)); then
			printf 'ok  \t%s\t%s\t%d executions in %d s\n' "$package" "$target" "$executions" $((SECONDS - begun))
			continue
		fi
		output+=$'\nNothing was executed.' # so nothing was shown
	fi
	printf '%s\n--- FAIL: %s (%s)\n' "$output" "$target" "$file"
	failed=1
done < <(grep -ro --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' internal | sed 's/func //' | sort)

if ((ran == 0)); then
	echo "There is no target${only:+ $only}."
	exit 1
fi
exit "$failed"
