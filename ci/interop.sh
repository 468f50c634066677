#!/usr/bin/env bash
# Holds minimc against other clients, over real servers that both use, each way: prints how much each finds
# and reads of what the other wrote.
#
#   ci/interop.sh             all of it
#   ci/interop.sh placement   1,000 keys between minimc and pylibmc over five servers, in each of pylibmc's
#                             ways to place them, with weights and without
#   ci/interop.sh values      values of every type, from no byte to 1 MiB, as they are and compressed, set,
#                             swapped, appended to and counted, between minimc and each of pylibmc,
#                             python-memcached and pymemcache; minimc compresses by the core and by zlib
#
# The clients are installed with pip into a temporary folder, which needs the network; MINIMC_PYTHON names
# a Python that has them already. Fails if a key is not found, or a value is read as another.
set -euo pipefail
cd "$(dirname "$0")/.."

checks=("$@")
[ $# -gt 0 ] || checks=(placement values)
for check in "${checks[@]}"; do
    case $check in
    placement | values) ;;
    -h | --help)
        sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
        exit 0
        ;;
    *)
        echo "interop.sh: there is no $check; see --help" >&2
        exit 2
        ;;
    esac
done

ci/setup.sh
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=$(ci/python.sh "$folder")
"$python" - <<'PYTHON'
import memcache, pylibmc, pymemcache
print("pylibmc", pylibmc.__version__, "over libmemcached", pylibmc.libmemcached_version, end=", ")
print("python-memcached", memcache.__version__, end=", ")
print("pymemcache", pymemcache.__version__)
PYTHON
cargo run --quiet --release -p minimc-tests --bin interop -- "$python" "${checks[@]}"
