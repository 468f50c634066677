#!/usr/bin/env bash
# What a blocking get and set of 32 bytes cost: user-space instructions, system calls and heap
# allocations each. These are exact counts, the same on an idle and on a busy machine.
#
# Fails if a call makes more than two system calls, allocates, or takes more than 1,500 instructions.
set -euo pipefail
cd "$(dirname "$0")/.."

ci/setup.sh
target=${CARGO_TARGET_DIR:-tests/benches/target}
cargo build --quiet --release --manifest-path tests/benches/Cargo.toml --target-dir "$target"
program=$target/release/exact

scratch=$(mktemp -d)
memcached -u root -s "$scratch/memcached.sock" -t 1 &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null; rm -rf "$scratch"' EXIT
for _ in $(seq 100); do
    [ -S "$scratch/memcached.sock" ] && break
    sleep 0.05
done

# Each count is the difference between a run of 1,100 calls and one of 100, for one call.
few=100 many=1100
instructions() {
    valgrind --tool=callgrind --callgrind-out-file="$scratch/callgrind" \
        "$program" "$1" "$scratch/memcached.sock" "$2" 2>&1 >/dev/null |
        awk '/Collected/ { print $NF }'
}
system_calls() {
    strace -f -c -o "$scratch/strace" "$program" "$1" "$scratch/memcached.sock" "$2" >/dev/null
    awk '$NF == "total" { print $4 }' "$scratch/strace"
}
allocations() {
    "$program" "$1" "$scratch/memcached.sock" "$2"
}
each() {
    local low high
    low=$("$1" "$2" $few)
    high=$("$1" "$2" $many)
    awk -v a="$low" -v b="$high" -v n=$((many - few)) 'BEGIN { printf "%.2f", (b - a) / n }'
}

echo "$(memcached --version), $(rustc --version), Unix socket, meta protocol"
printf '%-6s %14s %14s %14s\n' "" instructions "system calls" allocations
status=0
for operation in get set; do
    i=$(each instructions $operation) s=$(each system_calls $operation) a=$(each allocations $operation)
    printf '%-6s %14s %14s %14s\n' "$operation" "$i" "$s" "$a"
    awk -v i="$i" -v s="$s" -v a="$a" 'BEGIN { exit !(i <= 1500 && s <= 2 && a == 0) }' || status=1
done
if [ $status != 0 ]; then
    echo "bench: over the limit of 1,500 instructions, 2 system calls and 0 allocations a call" >&2
fi
exit $status
