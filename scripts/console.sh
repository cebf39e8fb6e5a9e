#!/bin/sh
# Builds the console (ui/) into src/guia/web/static, unless its sources are those of the last build.
# `console.sh check` checks its types instead.
set -eu
cd "$(dirname "$0")/.."
. scripts/steps.sh

state=$(find ui -name node_modules -prune -o -name dist -prune -o -type f -print | LC_ALL=C sort | xargs cat | stamp)
built=$(cat src/guia/web/static/.stamp 2>/dev/null || true)
[ "${1:-build}" = build ] && [ "$built" = "$state" ] && exit 0

. scripts/node.sh
cd ui
lock=$(stamp <package-lock.json)
if [ "$(cat node_modules/.stamp 2>/dev/null)" != "$lock" ]; then
    npm ci --no-audit --no-fund --loglevel=error
    echo "$lock" >node_modules/.stamp
fi
if [ "${1:-build}" = check ]; then
    npm run --silent check
else
    step "building the console"
    npm run --silent build -- --logLevel error
    echo "$state" >../src/guia/web/static/.stamp
fi
