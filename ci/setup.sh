#!/usr/bin/env bash
# Installs what the other scripts need, asks nothing, and is quick when nothing is missing: a real
# memcached, QEMU, a toolchain for bare metal (ci/bare-metal.sh tells of the two), and a decoder of
# the firmware's logs.
#
#   ci/setup.sh               what all need
#   ci/setup.sh venv          besides, what a Python needs to make a virtual environment
#   ci/setup.sh pylibmc       besides, what pylibmc is built with
#   ci/setup.sh cmake         besides, what zlib-ng is built with
#   ci/setup.sh libmemcached  besides, what is timed beside minimc
set -euo pipefail
cd "$(dirname "$0")/.."
source ci/bare-metal.sh

# One at a time, when scripts run side by side.
mkdir -p target
exec 9>target/setup.lock
flock 9

say() {
    echo "setup: $*" >&2
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo -n "$@"
    else
        say "this needs root: $*"
        return 1
    fi
}

# Debian packages, without starting any service: a memcached that starts by itself would only be in
# the way.
install_packages() {
    local policy=/usr/sbin/policy-rc.d ours=
    command -v apt-get >/dev/null || {
        say "please install what Debian calls: $*"
        return 1
    }
    say "installing $*"
    if [ ! -e $policy ]; then
        ours=yes
        printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
        as_root chmod +x $policy
    fi
    as_root apt-get -qq -o DPkg::Lock::Timeout=300 update >/dev/null || say "the lists of packages may be old"
    local status=0
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 \
        install --no-install-recommends "$@" >target/setup.log 2>&1 || status=$?
    [ -z "$ours" ] || as_root rm -f $policy
    if [ $status != 0 ]; then
        tail -n 20 target/setup.log >&2
        return $status
    fi
    # Nor at the next boot, when it was this script that brought it.
    if [[ " $* " == *" memcached "* ]] && [ -d /run/systemd/system ]; then
        as_root systemctl --quiet disable memcached || true
    fi
}

# A command, and the package that has it.
missing=()
while read -r command package; do
    command -v "$command" >/dev/null || missing+=("$package")
done <<'END'
memcached memcached
qemu-system-arm qemu-system-arm
qemu-system-riscv32 qemu-system-misc
arm-none-eabi-size binutils-arm-none-eabi
riscv64-unknown-elf-size binutils-riscv64-unknown-elf
cc gcc
c++ g++
ld.lld-22 lld-22
llvm-nm-22 llvm-22
jq jq
python3 python3
strace strace
valgrind valgrind
END
# What memcached's SASL takes a name and a password with; it is no command.
compgen -G '/usr/lib/*/sasl2/libplain.so' >/dev/null || missing+=(libsasl2-modules)
case ${1:-} in
venv) missing+=(python3-venv) ;;
cmake) missing+=(cmake) ;;
libmemcached) [ -e /usr/include/libmemcached/memcached.h ] || missing+=(libmemcached-dev) ;;
pylibmc) missing+=(libmemcached-dev zlib1g-dev python3-dev gcc) ;;
esac
[ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"

# rustup, where it can fetch: the first target shows that within seconds.
try_rustup() {
    command -v rustup >/dev/null || return
    say "asking rustup for the bare-metal targets"
    timeout 20 rustup --quiet target add "${bare_targets[0]}" >target/setup.log 2>&1 &&
        timeout 300 rustup --quiet target add "${bare_targets[@]}" >target/setup.log 2>&1 &&
        rustup_ready
}

install_debian() {
    install_packages rustc-web cargo-web rust-web-src rust-web-clippy rustfmt-web
    debian_ready
}

case ${MINIMC_TOOLCHAIN:-any} in
rustup) rustup_ready || try_rustup ;;
debian) debian_ready || install_debian ;;
any) rustup_ready || debian_ready || try_rustup || install_debian ;;
esac
say "bare metal is built by $(bare_toolchain)'s toolchain"

# The log stays unread without it, but nothing else needs it.
if ! [ -x target/tools/bin/defmt-print ] && ! command -v defmt-print >/dev/null; then
    say "building defmt-print, which decodes the firmware's logs"
    # Without optimisation it is built in half the time, and fast enough.
    CARGO_TARGET_DIR=target/tools/build CARGO_PROFILE_DEV_DEBUG=0 \
        cargo install --quiet --debug --locked --version 1.2.0 --root target/tools defmt-print 2>target/setup.log ||
        say "that failed, so logs will not be shown: $(tail -n 1 target/setup.log)"
    rm -rf target/tools/build
fi
