#!/usr/bin/env bash
# Resolves pyproject.toml into locks/: hash-pinned, for every platform, with no index address in them.
set -euo pipefail
cd "$(dirname "$0")/.."

compile() {
  .venv/bin/uv --quiet pip compile --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-annotate --custom-compile-command "make lock" "$@"
}
compile pyproject.toml --group build --output-file locks/runtime.txt
compile pyproject.toml --group build --group dev --constraints locks/runtime.txt --output-file locks/dev.txt
.venv/bin/uv --version | sed -E 's/^uv ([0-9.]+).*/uv==\1/' | compile - --output-file locks/bootstrap.txt
