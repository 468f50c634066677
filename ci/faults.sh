#!/usr/bin/env bash
# Faults against a real server: 36 clients, blocking and tokio, in each protocol, each behind a proxy
# of its own that cuts, resets, half-closes, delays, drips, restarts the server, repeats replies and
# swaps them, while every answer and every fate is compared with what the server holds.
#
#   ci/faults.sh [--seed N] [OPERATIONS]
#
# OPERATIONS is 100,000 unless told, which takes about a minute. The seed is printed: with it the
# same operations meet the same faults, though not at the same moment.
#
# The table has a line for each fault, protocol and colour. An operation counts for the fault that
# struck it or the one before it.
#
#   ops ok dropped   operations, those that went well, and those whose future was dropped
#   failed           the connection was lost, the deadline passed, a reply was none or another's, the
#                    server refused, or else (a value larger than the client's storage)
#   fates            what the failed writes were told, and how many of the unknown were carried out;
#                    a pipeline has many writes
#   confirmed        writes of which the server held what had been told; FALSE: of which it did not,
#                    LATE: keys that changed afterwards although that had been ruled out
#   detected         repeated and swapped replies that were found out before anyone was told wrong;
#                    undetected: with nothing in them that names the request (ARCHITECTURE.md,
#                    "Replies that rest on the count"); MISSED: although there was
#   SPOILT           operations that failed although nothing struck them, and at most the one before
#                    was given up
#   WRONG HANGS      wrong answers, and calls that took more than twice their deadline; the time by
#                    which the machine itself was late is left out
#
# Fails if a column in capitals is not 0.
set -euo pipefail
cd "$(dirname "$0")/.."

case ${1:-} in
-h | --help)
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
    exit 0
    ;;
esac

ci/setup.sh
cargo build --quiet --release -p minimc-tests --bin faults
exec "${CARGO_TARGET_DIR:-target}/release/faults" "$@"
