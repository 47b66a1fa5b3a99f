#!/bin/sh
# Installs what the interop tests need: Debian packages where it may, npm packages always. Quick and silent when all is there.
# Ends with 1, and says what is missing, when it cannot; the tests then skip what they cannot run.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
python=/usr/bin/python3
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

say() { echo "interop tests: $*" >&2; }

missing_packages() {
    command -v protoc >/dev/null || echo protobuf-compiler
    command -v grpc_python_plugin >/dev/null || echo protobuf-compiler-grpc
    "$python" -c 'import grpc' 2>/dev/null || echo python3-grpcio
    "$python" -c 'import google.protobuf' 2>/dev/null || echo python3-protobuf
    command -v node >/dev/null || echo nodejs
    command -v npm >/dev/null || echo npm
}

install_packages() {
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        return 1
    fi
    say "installing $*"
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"; } >"$log" 2>&1
}

status=0
packages=$(missing_packages | tr '\n' ' ')
if [ -n "$packages" ]; then
    # shellcheck disable=SC2086 # one word a package
    install_packages $packages
    packages=$(missing_packages | tr '\n' ' ')
    if [ -n "$packages" ]; then
        say "missing Debian packages: $packages"
        tail -n 5 "$log" >&2
        status=1
    fi
fi

# npm leaves its own copy of the lock file behind; while the lock is no newer, what is installed is what is locked.
cd "$here/node" || exit 1
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    if ! command -v npm >/dev/null; then
        say "missing npm packages: npm is not installed"
        status=1
    elif ! npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >"$log" 2>&1; then
        say "npm ci failed in tests/InteropTests/node"
        tail -n 5 "$log" >&2
        status=1
    else
        touch node_modules/.package-lock.json
    fi
fi
exit $status
