# Sourced by the other scripts: how they speak, and how they know that nothing has changed.
export UV_PYTHON_DOWNLOADS=never UV_CACHE_DIR="$PWD/.tools/cache" PIP_DISABLE_PIP_VERSION_CHECK=1

step() { printf '· %s\n' "$*" >&2; }

fail() {
    printf '✗ %s\n' "$*" >&2
    exit 1
}

# Fingerprint of what comes in on stdin.
stamp() { sha256sum | cut -c1-16; }

# Runs a command as root, where that needs no question.
as_root() {
    if [ "$(id -u)" = 0 ]; then DEBIAN_FRONTEND=noninteractive "$@"; else sudo -n "$@"; fi
}
