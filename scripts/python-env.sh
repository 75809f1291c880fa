#!/usr/bin/env bash
# Makes .venv from a hash-pinned lock and puts this project into it: python-env.sh runtime|dev
# The locks name no index, so the machine's own configuration or PyPI serves them.
set -euo pipefail
cd "$(dirname "$0")/.."
kind=$1

if [ ! -x .venv/bin/python ]; then
  # Debian keeps venv in a package of its own.
  if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update && apt-get -qq install --no-install-recommends python3-venv >/dev/null
  fi
  python3 -m venv .venv
fi
[ -x .venv/bin/uv ] ||
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/bootstrap.txt

uv() { .venv/bin/uv --quiet pip install --python .venv/bin/python "$@"; }
uv --require-hashes -r "locks/$kind.txt"
uv --no-build-isolation --no-deps --editable .
