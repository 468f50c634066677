#!/usr/bin/env bash
# The main job, once through: a host stores a configuration and an over-the-air image in a real
# memcached; two devices booted together in QEMU compute a calibration once for both, stream the image
# through 512 bytes of memory, inflate it through 2 KiB, check its digest, and publish readings and
# telemetry that they compress; and the host reports what the devices did. Then one of them has an image
# that is not compressed, and another a configuration that is damaged, which it must notice.
#
#   ci/demo.sh [--board NAME] [--pylibmc] [FILE]
#
# NAME is mps2-an386 (the default), lm3s6965evb, riscv-virt, or all for one after the other. FILE is
# any file of up to 4 MiB that compressed is within the server's limit for an item, 1 MiB; by default one
# of the repository's own.
#
# With --pylibmc it is pylibmc that writes the configuration and reads what the devices published, and
# not minimc: that of the Python that MINIMC_PYTHON names, which means the same as the option, or one
# that pip installs into a temporary folder, which needs the network.
set -euo pipefail
cd "$(dirname "$0")/.."

board=mps2-an386 file= pylibmc=${MINIMC_PYTHON:+yes}
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
    --pylibmc)
        pylibmc=yes
        shift
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

# The program has a session of its own: whatever ends this script ends memcached and QEMU, too.
session= folder=
finish() {
    local left
    if [ -n "$session" ] && left=$(ps -o pid= -s "$session"); then
        # The list is one of words.
        kill $left 2>/dev/null || true
    fi
    [ -z "$folder" ] || rm -rf "$folder"
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

python=()
if [ -n "$pylibmc" ]; then
    folder=$(mktemp -d)
    python=("$(ci/python.sh "$folder")")
    "${python[0]}" -c 'import pylibmc; print("pylibmc", pylibmc.__version__, "over libmemcached", pylibmc.libmemcached_version)'
fi
for name in "${wanted[@]}"; do
    board_target "$name" >/dev/null
    image=$(board_image "$name")
    setsid "${CARGO_TARGET_DIR:-target}/release/demo" "$name" "$image" "$file" "${python[@]}" &
    session=$!
    wait "$session"
done
