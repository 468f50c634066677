#!/usr/bin/env bash
# What a blocking get and set of 32 bytes cost, and a get by a client that a pool lends for it:
# user-space instructions, system calls and heap allocations each. These are exact counts, the same on
# an idle and on a busy machine.
#
# Fails if a call makes more than two system calls, allocates, or takes more than 1,500 instructions,
# 2,200 with the pool's part.
set -euo pipefail
cd "$(dirname "$0")/.."

ci/setup.sh
target=${CARGO_TARGET_DIR:-tests/benches/target}
cargo build --quiet --release --manifest-path tests/benches/Cargo.toml --target-dir "$target"
programs=$target/release

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
        "${call[@]}" "$scratch/memcached.sock" "$1" 2>&1 >/dev/null |
        awk '/Collected/ { print $NF }'
}
system_calls() {
    strace -f -c -o "$scratch/strace" "${call[@]}" "$scratch/memcached.sock" "$1" >/dev/null
    awk '$NF == "total" { print $4 }' "$scratch/strace"
}
allocations() {
    "${call[@]}" "$scratch/memcached.sock" "$1"
}
each() {
    local low high
    low=$("$1" $few)
    high=$("$1" $many)
    awk -v a="$low" -v b="$high" -v n=$((many - few)) 'BEGIN { printf "%.2f", (b - a) / n }'
}

echo "$(memcached --version), $(rustc --version), Unix socket, meta protocol"
printf '%-10s %14s %14s %14s\n' "" instructions "system calls" allocations
status=0
for operation in "exact get 1500" "exact set 1500" "pooled get 2200"; do
    read -r program verb limit <<<"$operation"
    call=("$programs/$program" "$verb")
    i=$(each instructions) s=$(each system_calls) a=$(each allocations)
    [ "$program" = pooled ] && verb="pooled $verb"
    printf '%-10s %14s %14s %14s\n' "$verb" "$i" "$s" "$a"
    awk -v i="$i" -v most="$limit" -v s="$s" -v a="$a" 'BEGIN { exit !(i <= most && s <= 2 && a == 0) }' || status=1
done
if [ $status != 0 ]; then
    echo "bench: over the limit of 1,500 instructions (pooled 2,200), 2 system calls and 0 allocations a call" >&2
fi
exit $status
