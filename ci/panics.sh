#!/usr/bin/env bash
# Shows that no panic can be reached in minimc-core: it links every public function, with inputs
# that nobody knows, into images whose panic handler cannot be linked.
#
# What is linked is compared with the crate's public API, so that nothing is forgotten, and a planted
# panic must break the link each time. tests/probe has the entry points.
set -euo pipefail
cd "$(dirname "$0")/.."
source ci/bare-metal.sh
ci/setup.sh
cd tests/probe

targets=(thumbv6m-none-eabi thumbv7em-none-eabihf riscv32imac-unknown-none-elf)
out=${CARGO_TARGET_DIR:-$PWD/target}
log=$out/panics.log
api=$out/api/doc/minimc_core.json

# One at a time, when scripts run side by side: the images have the same names.
mkdir -p "$out"
exec 8>"$out/probe.lock"
flock 8

RUSTC_BOOTSTRAP=1 cargo rustdoc --quiet --manifest-path ../../core/Cargo.toml --lib --features defmt \
    --target-dir "$out/api" -- -Z unstable-options --output-format json

# probe SUBCOMMAND TARGET LEVEL FEATURES BIN [ARGUMENTS...]
probe() {
    CARGO_PROFILE_RELEASE_OPT_LEVEL=$3 \
        bare_cargo "$2" "$1" --quiet --locked --release --features "$4" --bin "$5" "${@:6}" >"$log" 2>&1
}

# Whether the last link failed for a panic.
panicked() {
    grep -q 'undefined symbol: a_panic_is_reachable' "$log"
}

# explain TARGET LEVEL FEATURES BIN: by which way each entry point reaches a panic.
explain() {
    # A name of its own, since cargo does not write it again when nothing has changed.
    local object=$out/$4-$1-$2-$3.o
    probe rustc "$@" -- --emit=obj="$object" -Clink-arg=--unresolved-symbols=ignore-all || fail
    python3 why.py "$object"
}

# What went wrong was neither a panic nor for want of one.
fail() {
    cat "$log" >&2
    exit 1
}

images=0 entries=0 failed=0
for target in "${targets[@]}"; do
    for level in s 3; do
        for features in "" defmt; do
            name="$target, opt-level $level${features:+, $features}"
            not_built=()
            [ -n "$features" ] || not_built=(Format)
            images=$((images + 1))
            if probe build "$target" $level "$features" panics; then
                count=$(python3 api.py "$api" "$out/$target/release/panics" "${not_built[@]}")
                echo "$name: $count entry points, no panic"
                entries=$((count > entries ? count : entries))
            elif panicked; then
                echo "$name: panics can be reached:" && failed=1
                explain "$target" $level "$features" panics
            else
                fail
            fi
            if probe build "$target" $level "$features" planted; then
                echo "$name: the planted panic was linked: this check is worth nothing" && failed=1
            elif ! panicked; then
                fail
            fi
        done
    done
done

if [ $failed = 1 ]; then
    echo "panics: failed" >&2 && exit 1
fi
echo "panics: $entries entry points, $images images, 0 reachable panics, the planted one caught"
