#!/usr/bin/env bash
# Runs parts of the tests one after the other, whatever fails, and says how long each took: scripts/test-all.sh [PART...]. scripts/test.sh names them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

parts=("$@")
if (($# == 0)); then
	parts=(units stores faults lifecycles places kills secrets fuzz opentofu)
fi
failed=()
took=()
for part in "${parts[@]}"; do
	printf '\n--- %s\n' "$part"
	begun=$SECONDS verdict=passed
	scripts/test.sh "$part" || verdict=FAILED
	[[ "$verdict" == passed ]] || failed+=("$part")
	took+=("$(printf '%-12s %s, %d s' "$part" "$verdict" $((SECONDS - begun)))")
done
printf '\n%s\n' "${took[@]}"
if ((${#failed[@]} > 0)); then
	echo "To repeat what failed: make ${failed[*]/#/test-}"
	exit 1
fi
