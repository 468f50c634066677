#!/usr/bin/env bash
# Measures what a client costs a microcontroller, and fails when it is over the limits.
#
# Flash is the code and constants of a linked program with a connection (tests/probe/src/bin/size.rs)
# less those of the same program over stubs of the connection's methods; what the compiler links for
# itself, such as memcpy, is counted apart. RAM is the size of a Connection.
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

# An image, and the features it is built with.
while read -r image features; do
    bare_cargo $target build --quiet --locked --release --features "$features" --bin size </dev/null
    cp "$out/$target/release/size" "$out/sizes/$image"
done <<'END'
few
few-stub stub
few-text text
few-meta meta
few-binary binary
all all
all-stub all,stub
all-text all,text
all-meta all,meta
all-binary all,binary
END
python3 sizes.py "$out/sizes"
