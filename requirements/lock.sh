#!/usr/bin/env bash
# Resolves the locks again, for Python 3.11 and later on every platform: exact versions and the hashes of all their
# files, and no word on where they come from. What a lock pins already stays, unless UPGRADE is set. `make lock` calls it.
set -euo pipefail

cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"${PYTHON:-python3}" -m venv "$work/tool"
"$work/tool/bin/python" -m pip install -qq --no-input --disable-pip-version-check "uv==${UV_VERSION:?}"

# The machine's settings for pip and uv may name other indexes, whose files have other hashes.
unset "${!UV_@}" "${!PIP_@}"
export SSL_CERT_FILE=${SSL_CERT_FILE-${REQUESTS_CA_BUNDLE-}}
[ -n "$SSL_CERT_FILE" ] || unset SSL_CERT_FILE

# Resolves what the arguments name into the lock named first. A lock that comes out the same is left alone: its date
# decides whether an environment is built again.
resolve() {
    local lock=requirements/$1 new=$work/$1
    shift
    [ ! -e "$lock" ] || cp "$lock" "$new"
    "$work/tool/bin/uv" pip compile --quiet --no-config --no-cache --system-certs \
        --universal --python-version 3.11 --fork-strategy fewest \
        --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
        ${UPGRADE:+--upgrade} "$@" --output-file "$new"
    cmp -s "$new" "$lock" || cp "$new" "$lock"
    echo "lock: $lock, $(grep -c == "$lock") packages"
}

resolve dev.txt pyproject.toml --extra aws --extra simulate \
    --group test --group lint --group examples --group build
resolve runner.txt requirements/runner.in --constraints requirements/dev.txt
resolve airflow.txt requirements/airflow.in
resolve airflow2.txt requirements/airflow2.in
