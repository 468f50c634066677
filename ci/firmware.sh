#!/usr/bin/env bash
# What every client must do with a real server, done by firmware in QEMU: the scenarios of
# tests/scenarios over embassy-net for each protocol, three servers of which one is lost, and the program
# without an executor.
#
#   ci/firmware.sh [BOARD...]
#
# BOARD is mps2-an386, lm3s6965evb or riscv-virt; without one it is all of them.
set -euo pipefail
cd "$(dirname "$0")/.."

case ${1:-} in
-h | --help)
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
    exit 0
    ;;
esac

ci/setup.sh
source ci/bare-metal.sh
[ $# = 0 ] || boards=("$@")
cargo build --quiet --release -p minimc-tests --bin firmware
firmware=${CARGO_TARGET_DIR:-target}/release/firmware
ran=
for board in "${boards[@]}"; do
    board_target "$board" >/dev/null
    for program in live fleet blocking; do
        [ -e "boards/$board/src/bin/$program.rs" ] || continue
        image=$(board_image "$board" $program)
        "$firmware" $program "$board" "$image"
        ran=yes
    done
done
if [ -z "$ran" ]; then
    echo "firmware: no board has a program to run" >&2 && exit 1
fi
echo "firmware: ${boards[*]}: right passes, wrong is noticed"
