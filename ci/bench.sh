#!/usr/bin/env bash
# What minimc costs.
#
#   ci/bench.sh [--quick]   everything; --quick counts only what is the same on an idle and on a busy machine
#   ci/bench.sh exact       the same as --quick: what a blocking get and set of 32 bytes cost, and a get by
#                           a client that a pool lends for it: instructions of the program, system calls
#                           and heap allocations each
#   ci/bench.sh placement   nanoseconds to hash a key and to find its server among 100, beside libmemcached
#                           in the same run
#
# Fails if a call makes more than two system calls, allocates, or takes more than 1,500 instructions, 2,200
# with the pool's part; and if a server is not found in 0.8 of libmemcached's time, or the ring of 100
# servers takes more than 0.8 ms.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-tests/benches/target}
programs=$target/release

build() {
    ci/setup.sh
    cargo build --quiet --release --manifest-path tests/benches/Cargo.toml --target-dir "$target"
}

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

exact() (
    set -e
    scratch=$(mktemp -d)
    memcached -u root -s "$scratch/memcached.sock" -t 1 &
    server=$!
    trap 'kill $server 2>/dev/null; wait $server 2>/dev/null; rm -rf "$scratch"' EXIT
    for _ in $(seq 100); do
        [ -S "$scratch/memcached.sock" ] && break
        sleep 0.05
    done

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
    return $status
)

# Five rounds of both on the same core, one after the other; the median of each, and of the ratios within
# a round.
placement() (
    set -e
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    cc -O2 -o "$scratch/libmemcached" tests/benches/peers/libmemcached.c -lmemcached
    for round in 1 2 3 4 5; do
        taskset -c 0 "$programs/placement" | sed "s/^/$round minimc /"
        taskset -c 0 "$scratch/libmemcached" | sed "s/^/$round libmemcached /"
    done >"$scratch/rounds"
    echo "Nanoseconds for a key of 16 bytes, and for a ring of 100 servers of weights 1 to 3"
    awk '
        function median(list, name,    n, i, j, swap, sorted) {
            for (n = 1; n <= 5; n++) sorted[n] = list[n, name]
            for (i = 1; i < 5; i++) for (j = i + 1; j <= 5; j++)
                if (sorted[j] < sorted[i]) { swap = sorted[i]; sorted[i] = sorted[j]; sorted[j] = swap }
            return sorted[3]
        }
        $2 == "minimc" { ours[$1, $3] = $4; if ($1 == 1) names[++count] = $3 }
        $2 == "libmemcached" { theirs[$1, $3] = $4 }
        END {
            printf "%-16s %10s %14s %8s\n", "", "minimc", "libmemcached", "ratio"
            for (at = 1; at <= count; at++) {
                name = names[at]
                for (n = 1; n <= 5; n++) ratios[n, name] = ours[n, name] / theirs[n, name]
                printf "%-16s %10.1f %14.1f %8.2f\n", name, median(ours, name), median(theirs, name), median(ratios, name)
            }
            if (median(ratios, "ketama-weighted") > 0.8 || median(ours, "ring-of-100") > 800000) {
                print "bench: a key takes more than 0.8 of libmemcached'\''s time, or the ring more than 0.8 ms" >"/dev/stderr"
                exit 1
            }
        }' "$scratch/rounds"
)

case ${1:-all} in
all) parts=(exact placement) ;;
--quick | exact) parts=(exact) ;;
placement) parts=(placement) ;;
-h | --help)
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
    exit 0
    ;;
*)
    echo "bench.sh: there is no $1; see --help" >&2
    exit 2
    ;;
esac
build
status=0
for part in "${parts[@]}"; do
    set +e # not `||`, in which no failure of a command would be seen
    "$part"
    [ $? = 0 ] || status=1
    set -e
done
exit $status
