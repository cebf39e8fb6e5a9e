#!/bin/sh
# Sees to a Chromium for the browser tests: takes the one that is there, else Debian's, with a font for Chinese.
set -eu
for name in "${GUIA_CHROMIUM:-}" chromium chromium-browser google-chrome; do
    [ -n "$name" ] && command -v "$name" >/dev/null 2>&1 && exit 0
done
if ! command -v apt-get >/dev/null 2>&1; then
    echo "browser tests need Chromium: install it, or name it in GUIA_CHROMIUM" >&2
    exit 1
fi
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo"
export DEBIAN_FRONTEND=noninteractive
echo "· installing Chromium for the browser tests"
$as_root apt-get update -qq
$as_root apt-get install -y -qq --no-install-recommends chromium fonts-noto-core >/dev/null
