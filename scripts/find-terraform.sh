#!/usr/bin/env bash
# Prints the path of a terraform or tofu to work with: TERRAFORM, else terraform from PATH, else tofu from PATH, else an
# OpenTofu that is built here from its Go module (2 to 7 minutes, once). With --opentofu only OpenTofu counts.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=v1.12.6
built=$PWD/.bin/tofu

wanted=(terraform tofu)
if [[ "${1:-}" == --opentofu ]]; then
	wanted=(tofu)
elif [[ -n "${TERRAFORM:-}" ]]; then
	command -v "$TERRAFORM" || {
		echo "TERRAFORM=$TERRAFORM is no program" >&2
		exit 1
	}
	exit
fi

for name in "${wanted[@]}"; do
	if command -v "$name"; then
		exit
	fi
done

if [[ ! -x "$built" ]]; then
	echo "Neither of [${wanted[*]}] is on PATH: building OpenTofu $version. This takes some minutes, once." >&2
	mkdir -p .bin .cache
	work=$(mktemp -d "$PWD/.cache/opentofu.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	# Its go.mod has replace lines, which `go install` refuses: a copy of the module's folder is built instead.
	for attempt in 1 2 3; do # what is lost on its way is asked for again
		if module=$(go mod download -json "github.com/opentofu/opentofu@$version"); then
			break
		fi
		echo "$module" >&2
		if ((attempt == 3)); then
			exit 1
		fi
		sleep 10
	done
	folder=$(sed -n 's/^[[:space:]]*"Dir": "\(.*\)",\{0,1\}$/\1/p' <<<"$module")
	cp -R "$folder/." "$work"
	chmod -R u+w "$work"
	(cd "$work" && CGO_ENABLED=0 go build -trimpath \
		-ldflags "-s -w -X github.com/opentofu/opentofu/version.dev=no" -o "$built.part" ./cmd/tofu) >&2
	mv "$built.part" "$built"
fi
echo "$built"
