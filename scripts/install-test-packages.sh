#!/usr/bin/env bash
# Installs the programs and files of others that the tests need, where they are missing: on Debian from its own packages, as root or
# through sudo. Elsewhere this says what to do and goes on: a few tests need them, and those tests fail without them.
#   scripts/install-test-packages.sh           what `make test` needs
#   scripts/install-test-packages.sh --stores  what `make test-stores` needs beside that
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin # Debian's nginx is there, where a user's PATH may not lead

missing=() # what there is none of
packages=()
need_program() { # package names...
	local package=$1 name
	shift
	for name; do
		command -v "$name" >/dev/null && return
	done
	missing+=("$1")
	packages+=("$package")
}
need_jar() { # package name
	[[ -e "/usr/share/java/$2.jar" ]] && return
	missing+=("$2.jar")
	packages+=("$1")
}

# As internal/provider/browser_chromium_test.go looks for it.
if [[ -z "${FLINK_TEST_CHROMIUM:-}" ]]; then
	need_program chromium chromium chromium-browser google-chrome
elif ! command -v "$FLINK_TEST_CHROMIUM" >/dev/null; then
	echo "FLINK_TEST_CHROMIUM=$FLINK_TEST_CHROMIUM is no program, and says to take no other browser: TestBrowserUpload fails." >&2
fi
need_program nginx-light nginx
need_program default-jdk-headless javac
# As internal/blob/blobtest/ceph starts them.
if [[ "${1:-}" == --stores ]]; then
	need_program ceph-mon ceph-mon
	need_program ceph-osd ceph-osd
	need_program radosgw radosgw
	need_program ceph-common ceph
fi
# JARs that others have made, as internal/jar/real_test.go looks for them: plain ones, one with a main class, one for several Javas.
if [[ -z "${FLINK_TEST_JARS:-}" ]]; then
	need_jar libcommons-cli-java commons-cli
	need_jar libcommons-io-java commons-io
	need_jar libplexus-classworlds-java plexus-classworlds
	need_jar libplexus-utils2-java plexus-utils2
fi
((${#packages[@]} > 0)) || exit 0

not_here() {
	cat >&2 <<-END
		The tests need what is missing here: ${missing[*]}; and $1.
		Without them some tests fail: TestBrowserUpload, those of sources behind nginx, those of package jar, those on Ceph.
		  Debian    apt-get install ${packages[*]}
		  Fedora    dnf install chromium nginx java-latest-openjdk-devel ceph-mon ceph-osd ceph-radosgw ceph-common
		  macOS     brew install nginx openjdk; there is no Ceph
		            export FLINK_TEST_CHROMIUM="/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
		FLINK_TEST_JARS names a directory with any JARs, where there is no /usr/share/java: \$HOME/.m2/repository
	END
	exit 0
}

# Ubuntu has apt-get too, but its chromium is a snap, which does not see /tmp.
grep -qsx 'ID=debian' /etc/os-release || not_here "only on Debian they are installed by themselves"
root=()
if [[ "$(id -u)" != 0 ]]; then
	command -v sudo >/dev/null || not_here "installing them needs root or sudo"
	root=(sudo)
fi
apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=3)

# The tests start an nginx and a Ceph of their own. Debian's packages would start others, nginx's on port 80, now and with each boot.
policy=/usr/sbin/policy-rc.d # what Debian's packages ask whether they may start a service; 101 is no
if [[ ! -e "$policy" ]]; then
	trap '"${root[@]}" rm -f "$policy"' EXIT
	printf '#!/bin/sh\nexit 101\n' | "${root[@]}" install -m 755 /dev/stdin "$policy"
fi

echo "For the tests: ${apt[*]} install ${packages[*]}"
for attempt in 1 2 3; do
	# Both again: a mirror in the middle of its own update has lists that name files which are gone.
	if "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends "${packages[@]}"; then
		[[ " ${packages[*]} " != *" nginx-light "* ]] || "${root[@]}" update-rc.d nginx disable
		exit
	fi
	echo "apt-get failed (attempt $attempt of 3)." >&2
	sleep $((attempt * 5))
done
echo "[${packages[*]}] cannot be installed: see above what apt-get says." >&2
exit 1
