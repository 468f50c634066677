#!/usr/bin/env bash
# Holds minimc against another client, over real servers that both use: prints how many keys each finds of
# those that the other wrote.
#
#   ci/interop.sh [placement]   1,000 keys each way between minimc and pylibmc over five servers, in each
#                               of pylibmc's ways to place them, with weights and without
#
# pylibmc is installed with pip into a temporary folder, which needs the network; MINIMC_PYTHON names a
# Python that has it already. Fails if a key is not found.
set -euo pipefail
cd "$(dirname "$0")/.."

case ${1:-placement} in
placement) ;;
-h | --help)
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
    exit 0
    ;;
*)
    echo "interop.sh: there is no $1; see --help" >&2
    exit 2
    ;;
esac

ci/setup.sh
python=${MINIMC_PYTHON:-}
if [ -z "$python" ]; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    python3 -m venv "$folder"
    python=$folder/bin/python
    "$python" -m pip install --quiet --disable-pip-version-check pylibmc==1.6.3
fi
"$python" -c 'import pylibmc; print("pylibmc", pylibmc.__version__, "over libmemcached", pylibmc.libmemcached_version)'
cargo run --quiet -p minimc-tests --bin interop -- "$python"
