#!/usr/bin/env bash
# Measures what a client costs a microcontroller, and fails when it is over the limits.
#
# Flash is the code and constants of a linked program with a connection (tests/probe/src/bin/size.rs)
# less those of the same program over stubs of the connection's methods; what the compiler links for
# itself, such as memcpy, is counted apart. RAM is the size of a Connection, and of what else a program has.
set -euo pipefail
cd "$(dirname "$0")/.."
source ci/bare-metal.sh
ci/setup.sh
cd tests/probe

target=thumbv7em-none-eabihf
out=${CARGO_TARGET_DIR:-$PWD/target}

# One at a time, when scripts run side by side: the images have the same names.
mkdir -p "$out/sizes"
exec 8>"$out/probe.lock"
flock 8

# Every command that is a feature of its own.
mapfile -t commands < <(sed -n '/^# ci\/size.sh: commands/,/^#/s/^\([a-z-]*\) = \[\]$/\1/p' Cargo.toml)

# And what is done with many servers.
mapfile -t servers < <(sed -n '/^# ci\/size.sh: servers/,/^# ci\/size.sh: values/s/^\([a-z-]*\) = \[\]$/\1/p' Cargo.toml)

# And what is done with values.
mapfile -t values < <(sed -n '/^# ci\/size.sh: values/,/^# ci\/size.sh: one/s/^\([a-z-]*\) = \[\]$/\1/p' Cargo.toml)

image() { # NAME FEATURES
    bare_cargo $target build --quiet --locked --release --features "$2" --bin size </dev/null
    cp "$out/$target/release/size" "$out/sizes/$1"
}

rm -f "$out/sizes"/*
for program in few single; do
    features=$([ $program = few ] || echo $program)
    image $program "$features"
    for kind in stub text meta binary; do
        image "$program-$kind" "$features,$kind"
    done
done
for command in "${commands[@]}"; do
    image "few-$command" "$command"
    image "few-$command-stub" "$command,stub"
done
for program in "${servers[@]}"; do
    image "servers-$program" "$program"
done
for value in "${values[@]}"; do
    image "value-$value" "$value"
done
python3 sizes.py "$out/sizes"
