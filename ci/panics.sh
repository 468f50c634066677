#!/usr/bin/env bash
# Shows that no panic can be reached in minimc-core: it links every public function, with inputs
# that nobody knows, into images whose panic handler cannot be linked.
#
# What is linked is compared with the crate's public API, so that nothing is forgotten, and a planted
# panic must break the link each time. tests/probe has the entry points; left_out.rs there those that
# cannot be linked so, with the reasons.
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

# link TARGET PROFILE FEATURES BIN
link() {
    bare_cargo "$1" build --quiet --locked --profile "$2" --features "$3" --bin "$4" >"$log" 2>&1
}

# Whether the last link failed for a panic.
panicked() {
    grep -q 'undefined symbol: a_panic_is_reachable' "$log"
}

# By which way each entry point reaches a panic.
explain() {
    bare_cargo "$1" rustc --quiet --locked --profile "$2" --features "$3" --bin "$4" -- \
        --emit=obj="$out/object.o" -Clink-arg=--unresolved-symbols=ignore-all >"$log" 2>&1 || {
        cat "$log" >&2
        return 1
    }
    python3 why.py "$out/object.o"
}

explain "${targets[0]}" small "" left_out >"$out/left-out"

images=0 entries=0 failed=0
for target in "${targets[@]}"; do
    for profile in small fast; do
        for features in "" defmt; do
            name="$target, $profile${features:+, $features}"
            not_built=()
            [ -n "$features" ] || not_built=(Format)
            images=$((images + 1))
            if link "$target" $profile "$features" panics; then
                if count=$(python3 api.py "$api" "$out/left-out" "$out/$target/$profile/panics" "${not_built[@]}"); then
                    echo "$name: $count entry points, no panic"
                    entries=$((count > entries ? count : entries))
                else
                    echo "$name: the entry points are not the public API" && failed=1
                fi
            elif panicked; then
                echo "$name: panics can be reached:" && failed=1
                explain "$target" $profile "$features" panics
            else
                cat "$log" >&2 && exit 1
            fi
            if link "$target" $profile "$features" planted; then
                echo "$name: the planted panic was linked: this check is worth nothing" && failed=1
            elif ! panicked; then
                cat "$log" >&2 && exit 1
            fi
        done
    done
done

if [ $failed = 1 ]; then
    echo "panics: failed" >&2 && exit 1
fi
echo "panics: $entries entry points, $images images, 0 reachable panics, the planted one caught"
echo "panics: left out, for panics inside the standard library that never happen:"
cat "$out/left-out"
