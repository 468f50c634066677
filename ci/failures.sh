#!/usr/bin/env bash
# Failures of one real server of five, while a load of reads and writes runs over all of them: it is
# killed, stopped (SIGSTOP), restarted, cut off by a proxy that lets nothing through, and made slow by one.
# After a while it is well again, and the load goes on until every cluster uses it.
#
#   ci/failures.sh [--quick]
#
# It takes about a minute, and with --quick, where servers rest 0.3 s and not 2 s, some 12 s. Everything is
# on the loopback interface and ends with the script.
#
# The table has a line for each failure, for blocking and tokio clusters, whose keys stay or which eject.
# Four workers have a cluster and 60 keys each, which nobody else writes; each value has its key and a
# number, so that what a read may find is known. Keys are placed as by pylibmc's ketama_weighted.
#
#   ops              operations; of a multi-get each key counts
#   WRONG            reads of another's value, of one that was refused or never written, of an older one,
#                    or a miss where nothing was lost: a server that is down told as a miss
#   stale            reads of an older value, of a key that moved away and back: only where servers are
#                    ejected, which have their old values when they come back
#   late             reads of an older write that had failed with the fate Unknown: it was carried out later
#   misses           of what a server lost that was restarted, or that went elsewhere
#   refused lost timeout down dead other
#                    errors: could not connect, lost the connection, ran into the limit (0.5 s; 0.4 s),
#                    failed at once because the server rests (47) or is ejected (35), or else
#   moved            keys that were ever placed on another server than their own
#   others           how often another server was found down: the machine was late
#   notice return    until the last worker had noticed, and until the last one used the server again after
#                    it was well
#
# Fails if a read was wrong; if a key moved without ejecting, by what clusters say or by where the servers
# have it, or moved and nobody was told; if not everybody notices a server that is gone; and if the server
# is not used again within its rest, two limits and 3 s.
set -euo pipefail
cd "$(dirname "$0")/.."

case ${1:-} in
-h | --help)
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
    exit 0
    ;;
esac

ci/setup.sh
cargo build --quiet --release -p minimc-tests --bin failures
exec timeout 300 "${CARGO_TARGET_DIR:-target}/release/failures" "$@"
