#!/bin/sh
# Runs every benchmark that needs no data from outside; the last line of each is its result.
set -eu
cd "$(dirname "$0")/.."
for name in ingest loop api history replay start; do
    printf '\n== guia bench %s\n' "$name"
    .venv/bin/guia bench "$name"
done
