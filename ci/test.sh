#!/usr/bin/env bash
# Every check of the project, from format to firmware; prints at the end what ran and how much.
#
#   ci/test.sh           everything: what CI runs
#   ci/test.sh STEP...   only these steps; --list names them
set -uo pipefail
cd "$(dirname "$0")/.."

# The sets of features that are checked, for a host and for bare metal.
host_features=(
    "" std tokio zlib json postcard pickle embassy-net defmt "embassy-net,defmt"
    "std,tokio,zlib,json,postcard,pickle,embassy-net,defmt"
)
bare_features=("" embassy-net "embassy-net,defmt")
# Where core must build with the standard library's `core` alone.
core_targets=(thumbv6m-none-eabi thumbv7em-none-eabihf riscv32imac-unknown-none-elf)
workspaces=(. boards tests/benches tests/fuzz tests/probe)

setup() {
    ci/setup.sh
}

format() {
    for workspace in "${workspaces[@]}"; do
        cargo fmt --all --check --manifest-path "$workspace/Cargo.toml" || return
    done
}

clippy() {
    cargo clippy --quiet --workspace --all-targets -- -D warnings || return
    for features in "${host_features[@]}"; do
        cargo clippy --quiet -p minimc --no-default-features --features "$features" -- -D warnings || return
    done
    cargo clippy --quiet -p minimc-core --features defmt -- -D warnings || return
    cargo clippy --quiet --workspace --manifest-path tests/benches/Cargo.toml -- -D warnings || return
    cargo clippy --quiet --manifest-path tests/fuzz/Cargo.toml -- -D warnings
}

bare_clippy() {
    local folder board
    for features in "${bare_features[@]}"; do
        bare_cargo thumbv7em-none-eabihf clippy --quiet -p minimc \
            --no-default-features --features "$features" -- -D warnings || return
    done
    bare_cargo thumbv7em-none-eabihf clippy --quiet --release --manifest-path tests/benches/Cargo.toml \
        -p minimc-operations -- -D warnings || return
    for folder in boards/*/build.rs; do
        board=$(basename "$(dirname "$folder")")
        (cd boards && bare_cargo "$(board_target "$board")" clippy --quiet --release -p "$board" -- -D warnings) || return
    done
}

docs() {
    RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps --workspace --features tokio,zlib,json,postcard,pickle,embassy-net,defmt
}

# Unit and doc tests, and the integration tests against real memcached.
tests() {
    cargo test --workspace --features tokio,zlib,json,postcard,pickle --no-fail-fast
}

# A short run, so that it does not rot; by itself it makes 20 times as many operations.
faults() {
    ci/faults.sh --seed 1 5000
}

crowd() {
    ci/crowd.sh --seed 1
}

# A short run, too: servers rest a part of the time they do otherwise.
failures() {
    ci/failures.sh --quick
}

model() {
    ci/model.sh
}

enumerate() {
    ci/enumerate.sh
}

# A short run over the seeds; ci/fuzz.sh alone is the long one.
fuzz() {
    ci/fuzz.sh 100000
}

coverage() {
    ci/coverage.sh
}

core_alone() {
    for target in "${core_targets[@]}"; do
        BARE_STD=core bare_cargo "$target" build --quiet --release -p minimc-core || return
        echo "minimc-core builds for $target with core alone"
    done
}

# That they build: the chip's firmware cannot run here, the others want a server of the user's.
examples() {
    cargo build --quiet -p minimc --examples --features tokio || return
    (cd boards && bare_cargo thumbv7em-none-eabihf build --quiet --release -p stm32-nucleo-h743) || return
    echo "the examples build, and the firmware for the STM32H743"
}

demo() {
    ci/demo.sh --board all
}

firmware() {
    ci/firmware.sh
}

vectors() {
    ci/vectors.sh
}

panics() {
    ci/panics.sh
}

sizes() {
    ci/size.sh
}

# What the machine's load changes is left out.
counts() {
    ci/bench.sh --quick
}

steps=(
    setup format clippy bare_clippy docs tests coverage model enumerate fuzz faults crowd failures
    core_alone examples vectors demo firmware panics sizes counts
)
case ${1:-} in
--list)
    echo "${steps[*]}"
    exit 0
    ;;
-h | --help)
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
    exit 0
    ;;
esac
[ $# -gt 0 ] && steps=("$@")

source ci/bare-metal.sh
log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0 failed=0 summary=()
for step in "${steps[@]}"; do
    printf '\n== %s\n' "$step"
    began=$SECONDS
    if "$step" 2>&1 | tee "$log"; then
        result=ok
        passed=$((passed + 1))
    else
        result=FAILED
        failed=$((failed + 1))
    fi
    told=
    if [ "$step" = tests ]; then
        told=$(awk '/^test result:/ { p += $4; f += $6 } END { printf "%d tests passed, %d failed", p, f }' "$log")
    elif [ "$result" = ok ]; then
        told=$(tail -n 1 "$log" | cut -c1-80)
    fi
    summary+=("$(printf '%-12s %-6s %4d s  %s' "$step" "$result" $((SECONDS - began)) "$told")")
done

printf '\n== what ran, in %d s\n' $SECONDS
printf '%s\n' "${summary[@]}"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
