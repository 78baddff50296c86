#!/usr/bin/env bash
# What the tests of containers need: podman, and an image with this system's Python to build on. No registry of images is
# asked for anything: the image is made of the distribution's own packages.
#
#   prepare.sh STAMP    writes the environment of the tests into the file STAMP, for a shell to read
set -euo pipefail

stamp=$(realpath "$1")
cd "$(dirname "$0")"
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
base=localhost/flowc-test-base:$suite

install() {
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		echo "The tests of containers need $*: install them, and call this again." >&2
		exit 1
	fi
	echo "setup: $*"
	export DEBIAN_FRONTEND=noninteractive
	# the lists of packages may be missing, or older than what the mirror has
	apt-get install -y -qq "$@" >/dev/null 2>&1 || { apt-get update -qq && apt-get install -y -qq "$@" >/dev/null; }
}

starts() {
	podman run --rm --network host "$base" true
}

# Debian's mirror and suite of this machine, whatever they are
make_base() {
	command -v debootstrap >/dev/null || install debootstrap
	local mirror root
	mirror=$(apt-get indextargets --format '$(SITE)' "Created-By: Packages" "Release: $suite" | head -n 1)
	root=$(mktemp -d)
	echo "setup: a base image of $suite"
	debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates "$suite" "$root" "$mirror" >"$root.log" ||
		{ tail -n 20 "$root.log" >&2; exit 1; }
	rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
	tar -C "$root" -c . | podman import --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
		- "$base" >/dev/null
	rm -rf "$root" "$root.log"
}

command -v podman >/dev/null || install podman
podman image exists "$base" || make_base

conf=
if ! starts >/dev/null 2>&1; then
	command -v runc >/dev/null || install runc
	conf=$PWD/containers.conf
	export CONTAINERS_CONF=$conf
	starts
fi

{
	printf 'FLOWC_TEST_BASE=%q\n' "$base"
	if [ -n "$conf" ]; then printf 'CONTAINERS_CONF=%q\n' "$conf"; fi
} >"$stamp"
