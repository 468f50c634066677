#!/usr/bin/env bash
# A crowd on one shared connection: ten thousand tasks set and get through it, a quarter of the operations
# under a wait so short that many are given up, while the server is restarted three times; once with one
# thread and once with two. Every value says under which key it belongs.
#
#   ci/crowd.sh [--seed N] [TASKS]
#
# Prints how the operations ended and the most memory that the process took. Fails if a value was another's,
# if an operation neither succeeded nor failed within a minute, or if the connection did not come back.
set -euo pipefail
cd "$(dirname "$0")/.."

case ${1:-} in
-h | --help)
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
    exit 0
    ;;
esac

ci/setup.sh
cargo build --quiet --release -p minimc-tests --bin crowd
exec "${CARGO_TARGET_DIR:-target}/release/crowd" "$@"
