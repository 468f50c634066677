#!/usr/bin/env bash
# Explores a model of the connection: every call, cut, delay, loss and lie within bounds, over the
# real one. Prints how many states that are; core/src/connection/model/runs.rs has the bounds.
#
#   ci/model.sh          what CI runs
#   ci/model.sh --deep   further: the better part of an hour, and up to 8 GB of memory
set -euo pipefail
cd "$(dirname "$0")/.."

case ${1:-} in
--deep) run=deep ;;
"") run=usual ;;
*)
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
    exit 2
    ;;
esac
cargo test --quiet --release -p minimc-core --lib -- \
    --ignored --exact "connection::model::runs::$run" --nocapture |
    awk '
        { print; fflush() }
        / states, / {
            for (word = 2; word <= NF; word++) {
                if ($word == "states,") states += $(word - 1)
                if ($word == "transitions,") transitions += $(word - 1)
            }
        }
        /^test result: ok. 1 passed/ { ok = 1 }
        END {
            if (!ok) exit 1
            printf "every claim holds in %d states, over %d transitions\n", states, transitions
        }
    '
