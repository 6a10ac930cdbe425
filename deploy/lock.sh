#!/bin/sh
# Write requirements.lock anew: every package that runs or checks the project, pinned, with the hashes of all its files;
# deploy/uv.lock: the same for the one tool that puts them in; requirements-oracles.lock: what `make oracles` adds to them.
#
# One file serves CPython 3.11 and newer on Linux and macOS (environment markers choose). It names no index, so whatever
# mirror a machine is set to use will do: the hashes decide. Arguments go to uv, for example --upgrade-package msgspec.
set -eu

unset CDPATH
cd "$(dirname "$0")/.."
python=$(sh deploy/bootstrap.sh --which)
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT

"$python" -m venv "$made"
"$made/bin/python" -m pip --disable-pip-version-check install --quiet uv

compile() {
    "$made/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" "$@"
}

compile --extra uvloop --extra dev --output-file requirements.lock "$@" pyproject.toml
echo uv >"$made/uv.in"
compile --output-file deploy/uv.lock "$@" "$made/uv.in"
# shellcheck disable=SC2046  # the names are meant to fall apart
compile --extra oracles --constraint requirements.lock --output-file requirements-oracles.lock \
    $(sed -n 's/^\([A-Za-z0-9._-]*\)==.*/--no-emit-package \1/p' requirements.lock | sort -u) "$@" pyproject.toml
