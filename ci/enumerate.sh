#!/usr/bin/env bash
# Gives the core every reply of so many symbols, to every command in text and meta: whole, cut at
# every place, and against a strict reader of memcached's grammar. Prints how many there were.
#
#   ci/enumerate.sh         up to 5 symbols: half a minute
#   ci/enumerate.sh --all   and up to 7 for get, set and the no-op, and up to 5 of a larger alphabet:
#                           half an hour
set -euo pipefail
cd "$(dirname "$0")/.."

case ${1:-} in
"") tests=(--exact every_reply_of_five_symbols) ;;
--all) tests=() ;;
-h | --help)
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
    exit 0
    ;;
*)
    echo "enumerate.sh: there is no option $1; see --help" >&2
    exit 2
    ;;
esac

# Optimised as one piece, in a folder of its own: other builds want their own profile.
export CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1 CARGO_PROFILE_RELEASE_LTO=fat
cargo test --quiet --release --target-dir "${CARGO_TARGET_DIR:-target}/enumerate" \
    -p minimc-core --test enumerate -- --ignored --nocapture --test-threads=1 "${tests[@]}" |
    awk '
        / words: / { words += $1 }
        / symbols: / || / words: / { print; fflush() }
        /^test result:/ { result = $3; took = $NF }
        END {
            if (result != "ok.") exit 1
            print "enumerate: " words " replies in " took
        }
    '
