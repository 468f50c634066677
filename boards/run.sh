#!/usr/bin/env bash
# Boots one firmware image on one board in QEMU, with a memcached of this machine as its server.
#
#   run.sh BOARD ELF SERVER [ARGUMENTS...]
#
# SERVER is the port where memcached listens on 127.0.0.1; QEMU connects to it once. Or it is a
# command that QEMU starts for every connection of the device, with the connection as its standard
# input and output. The firmware sees either as 10.0.2.100:11211, and can reach nothing else. Several
# servers are lines of SERVER; the second is 10.0.2.101, and so on.
# ARGUMENTS are the firmware's own.
#
# The firmware's log goes to standard output, its last words to standard error. The exit status is
# the firmware's: 0 went well, 1 a failure that it reported (or QEMU did), 101 a panic, 102 a fault of
# the processor; 124 says that RUN_SECONDS (30) passed, 2 that this script was called wrongly.
set -u
here=$(cd "$(dirname "$0")" && pwd)

if [ $# -lt 3 ]; then
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
    exit 2
fi
board=$1 elf=$2 server=$3
shift 3
if [ ! -f "$elf" ]; then
    echo "run.sh: there is no image $elf" >&2
    exit 2
fi

network=user,restrict=on
address=100
while IFS= read -r one; do
    # Within an option of QEMU's a comma is doubled.
    case $one in
    *[!0-9]*) one=cmd:${one//,/,,} ;;
    *) one=tcp:127.0.0.1:$one ;;
    esac
    network+=",guestfwd=tcp:10.0.2.$address:11211-$one"
    address=$((address + 1))
done <<<"$server"
case $board in
mps2-an386 | lm3s6965evb)
    qemu=(qemu-system-arm -machine "$board" -nic "$network")
    ;;
riscv-virt)
    qemu=(qemu-system-riscv32 -machine virt -bios none
        -global virtio-mmio.force-legacy=false
        -netdev "$network,id=net" -device virtio-net-device,netdev=net,bus=virtio-mmio-bus.0)
    ;;
*)
    echo "run.sh: no board is called $board: mps2-an386, lm3s6965evb, riscv-virt" >&2
    exit 2
    ;;
esac

# The firmware's command line.
semihosting=enable=on,target=native,arg=$(basename "$elf")
for argument in "$@"; do
    semihosting+=,arg=${argument//,/,,}
done
qemu+=(-display none -serial null -monitor none -semihosting-config "$semihosting" -kernel "$elf")

# Logs are defmt frames, which only the image's own tables explain.
decode() {
    local tool
    if tool=$(command -v "$here/../target/tools/bin/defmt-print" defmt-print | head -n 1) && [ -n "$tool" ]; then
        "$tool" -e "$elf" --log-format '{t:>9} {L:5} {s}'
    else
        echo "run.sh: no defmt-print here (ci/setup.sh installs it), so the log is not shown" >&2
        cat >/dev/null
    fi
}

# QEMU goes when this script goes, however that comes about.
setpriv --pdeathsig TERM timeout --foreground --kill-after=2 "${RUN_SECONDS:-30}" "${qemu[@]}" </dev/null | decode
status=${PIPESTATUS[0]}
if [ "$status" = 124 ]; then
    echo "run.sh: $board did not end within ${RUN_SECONDS:-30} s" >&2
fi
exit "$status"
