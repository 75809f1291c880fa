#!/usr/bin/env bash
# Installs with apt what the tests need beyond Python and Node, and only what is missing.
# Chromium drives the end-to-end tests, the fonts make Chinese screenshots readable, and PostgreSQL's
# binaries let the store's contract suite start a private server.
set -euo pipefail

missing=()
[ -x /usr/bin/chromium ] || missing+=(chromium)
[ -d /usr/share/fonts/opentype/noto ] || missing+=(fonts-noto-cjk)
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
[ ${#missing[@]} -eq 0 ] && exit 0

echo "installing ${missing[*]} with apt"
if [ "$(id -u)" -ne 0 ]; then
  echo "run as root: apt-get install ${missing[*]}" >&2
  exit 1
fi
# The distribution would otherwise create and start a cluster that nobody asked for.
mkdir -p /etc/postgresql-common
[ -e /etc/postgresql-common/createcluster.conf ] ||
  echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq install --no-install-recommends "${missing[@]}" >/dev/null
