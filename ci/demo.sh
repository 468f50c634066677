#!/usr/bin/env bash
# The main job, once through: a host stores an over-the-air image in a real memcached; two devices
# booted together in QEMU compute a calibration once for both, stream the image through 512 bytes of
# memory, check its digest, and publish readings; and the host reports what the devices did.
#
#   ci/demo.sh [--board NAME] [FILE]
#
# NAME is mps2-an386 (the default), lm3s6965evb, riscv-virt, or all for one after the other. FILE is
# any file up to the server's limit for an item, 1 MiB; by default one of the repository's own.
set -euo pipefail
cd "$(dirname "$0")/.."

board=mps2-an386 file=
while [ $# -gt 0 ]; do
    case $1 in
    -h | --help)
        sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
        exit 0
        ;;
    --board)
        board=${2:?--board wants a name}
        shift 2
        ;;
    -*)
        echo "demo.sh: there is no option $1; see --help" >&2
        exit 2
        ;;
    *)
        file=$1
        shift
        ;;
    esac
done
file=${file:-tests/fixtures/hash/libmemcached.tsv}
if [ ! -f "$file" ]; then
    echo "demo.sh: there is no file $file" >&2
    exit 2
fi

ci/setup.sh
source ci/bare-metal.sh
[ "$board" = all ] && wanted=("${boards[@]}") || wanted=("$board")
cargo build --quiet --release -p minimc-tests --bin demo
for name in "${wanted[@]}"; do
    board_target "$name" >/dev/null
    image=$(board_image "$name")
    "${CARGO_TARGET_DIR:-target}/release/demo" "$name" "$image" "$file"
done
