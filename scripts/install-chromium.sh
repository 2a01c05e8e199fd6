#!/usr/bin/env bash
# Installs the browser of the tests, Chromium, where there is none: on Debian from its own package, as root or through sudo. Elsewhere
# this says what to do and goes on: one test needs the browser, and that test fails without it.
set -euo pipefail

# As internal/provider/browser_chromium_test.go looks for it.
names=(chromium chromium-browser google-chrome)
[[ -z "${FLINK_TEST_CHROMIUM:-}" ]] || names=("$FLINK_TEST_CHROMIUM")
for name in "${names[@]}"; do
	if command -v "$name" >/dev/null; then
		exit
	fi
done

not_here() {
	cat >&2 <<-END
		No browser for the tests: none of [${names[*]}] is a program, and $1.
		Install Chromium or Google Chrome so that it is on PATH under one of its names, or name it:
		  Debian    apt-get install chromium
		  Fedora    dnf install chromium
		  macOS     export FLINK_TEST_CHROMIUM="/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
		Without it TestBrowserUpload fails.
	END
	exit 0
}

[[ -z "${FLINK_TEST_CHROMIUM:-}" ]] || not_here "FLINK_TEST_CHROMIUM says to take no other"
# Ubuntu has apt-get too, but its chromium is a snap, which does not see /tmp.
grep -qsx 'ID=debian' /etc/os-release || not_here "only on Debian it is installed by itself"
apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=3)
if [[ "$(id -u)" != 0 ]]; then
	command -v sudo >/dev/null || not_here "installing it needs root or sudo"
	apt=(sudo "${apt[@]}")
fi

echo "No browser for the tests: ${apt[*]} install chromium"
for attempt in 1 2 3; do
	# Both again: a mirror in the middle of its own update has lists that name files which are gone.
	if "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends chromium; then
		exit
	fi
	echo "apt-get failed (attempt $attempt of 3)." >&2
	sleep $((attempt * 5))
done
echo "Chromium cannot be installed: see above what apt-get says." >&2
exit 1
