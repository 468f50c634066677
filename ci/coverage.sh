#!/usr/bin/env bash
# Checks docs/coverage.md, which holds every request, option and reply of memcached against what
# carries it here: that every command, option and test it names exists, that no row and no command is
# missing, and that what is left out has its reason. Prints how much there is of each.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo test --quiet -p minimc-tests --test coverage -- --nocapture --test-threads=1 |
    awk '
        /coverage: / { sub(/.*coverage: /, ""); print; rows += $0 ~ /rows/ ? 1 : 0 }
        /^test result: ok/ { ok = 1 }
        END { if (!ok || rows != 3) exit 1; print "coverage: every row has what carries it, or its reason" }
    '
