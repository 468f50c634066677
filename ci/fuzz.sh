#!/usr/bin/env bash
# Fuzzes the core, and fails when something is found.
#
#   ci/fuzz.sh [RUNS] [TARGET...]
#
# Executes each target of tests/fuzz 10,000,000 times unless told, beginning with its seeds and with
# what earlier runs left in tests/fuzz/corpus. The input of a finding is left in
# tests/fuzz/artifacts/TARGET; `ci/fuzz.sh --again TARGET FILE` shows it once more. Those who have
# cargo-fuzz may use it too: `cargo +nightly fuzz run --fuzz-dir tests/fuzz TARGET`.
set -euo pipefail
cd "$(dirname "$0")/.."

runs=10000000 again=
case ${1:-} in
-h | --help)
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
    exit 0
    ;;
--again)
    again=${3:?--again wants a target and a file}
    set -- "$2"
    ;;
[0-9]*)
    runs=$1
    shift
    ;;
esac

# The longest inputs: those of replies are longer than the storage that they come into.
declare -A longest=([replies]=500 [requests]=500 [connection]=400 [values]=400 [chunks]=100 [pickles]=400)
targets=("$@")
[ $# -gt 0 ] || targets=(replies requests connection values chunks pickles)
for target in "${targets[@]}"; do
    if [ -z "${longest[$target]:-}" ]; then
        echo "fuzz.sh: there is no target $target; see --help" >&2
        exit 2
    fi
done

ci/setup.sh
# What cargo-fuzz passes, but no sanitizer, which would want a nightly toolchain and has nothing to
# find where there is no `unsafe`, and no tracing of comparisons, which halves the speed.
coverage="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
host=$(rustc -vV | sed -n 's/^host: //p')
out=${CARGO_TARGET_DIR:-tests/fuzz/target}
RUSTFLAGS="$coverage --cfg fuzzing" cargo build --quiet --locked --release --target "$host" \
    --target-dir "$out" --manifest-path tests/fuzz/Cargo.toml

if [ -n "$again" ]; then
    exec "$out/$host/release/${targets[0]}" "$again"
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=0 rows=()
for target in "${targets[@]}"; do
    corpus=tests/fuzz/corpus/$target artifacts=tests/fuzz/artifacts/$target/
    mkdir -p "$corpus" "$artifacts"
    dictionary=tests/fuzz/seeds/$target.dict
    options=(-runs="$runs" -max_len="${longest[$target]}" -timeout=10 -print_final_stats=1
        -verbosity=1 -artifact_prefix="$artifacts")
    [ ! -e "$dictionary" ] || options+=(-dict="$dictionary")
    began=$SECONDS status=0 findings=0
    "$out/$host/release/$target" "${options[@]}" "$corpus" "tests/fuzz/seeds/$target" >"$log" 2>&1 || status=$?
    if [ $status != 0 ]; then
        failed=1
        grep -a -v '^#' "$log" | tail -n 40 >&2
        # Memory, time, a panic; with anything else it was stopped.
        case $status in 70 | 71 | 77) findings=1 ;; *) findings=stopped ;; esac
    fi
    executions=$(awk '/^stat::number_of_executed_units/ { print $2 }' "$log")
    covered=$(grep -a -o 'cov: [0-9]*' "$log" | tail -n 1 | cut -c6-)
    rows+=("$(printf '%-12s %12s %10s %8d %9s' "$target" "${executions:-?}" "${covered:-?}" $((SECONDS - began)) "$findings")")
done

printf '%-12s %12s %10s %8s %9s\n' target executions coverage seconds findings
printf '%s\n' "${rows[@]}"
if [ $failed != 0 ]; then
    echo "fuzz: see tests/fuzz/artifacts" >&2
    exit 1
fi
echo "fuzz: ${#targets[@]} targets, $runs executions each, no finding"
