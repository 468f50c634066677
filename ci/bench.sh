#!/usr/bin/env bash
# What minimc costs.
#
#   ci/bench.sh [all]       everything, and the report of it, docs/benchmarks/report.md: some 20 minutes
#   ci/bench.sh --quick     counts only, which are the same on an idle and on a busy machine
#   ci/bench.sh --bless     the same, and makes them the baseline
#   ci/bench.sh exact       the first half of --quick: what a blocking get and set of 32 bytes cost, 100 of 100
#                           bytes at once, and a get by a client that a pool lends for it: instructions of the
#                           program, system calls and heap allocations each
#   ci/bench.sh linear      the other half: the same of 1 to 10,000 keys, and of values of 1 byte to 512 KiB
#   ci/bench.sh placement   nanoseconds to hash a key and to find its server among 100, beside libmemcached
#                           in the same run
#   ci/bench.sh compressors how fast the core compresses and inflates, beside zlib-rs, zlib-ng and miniz_oxide
#                           at their level 6, and how small
#   ci/bench.sh codec       nanoseconds and instructions to encode a request, and to parse a reply
#   ci/bench.sh operations  instructions of the core alone to encode, to parse and in all, for each operation on a
#                           Cortex-M4 in QEMU and on the host
#   ci/bench.sh ranking     the workloads of the targets: minimc, the least that a program can do, and the
#                           peers, in turns on the same core
#   ci/bench.sh scaling     1 to 256 tasks, 1 to 10,000 keys a multi-get, values of 1 byte to 1 MiB
#   ci/bench.sh counts      instructions, system calls and allocations of a call, ours and the peers'
#   ci/bench.sh busy-poll   a get by a client that has another core than the server, with and without asking for
#                           50 microseconds before it sleeps
#   ci/bench.sh report      the page of what the parts before recorded last
#
# Fails if a call makes more than two system calls, allocates, or takes more instructions than its limit, or if
# a count is more than 5 % over tests/benches/baseline.tsv; if a call is not linear in its keys or its value's
# bytes; if the core alone sends or reads anything else than the script of an operation has, or two counts of it
# differ; if a server is not found in 0.8 of libmemcached's
# time, or the ring of 100 servers takes more than 0.8 ms; if the core's compressor leaves more than 0.29 of
# json10k.json; and if a target of the report is missed or absent and
# docs/benchmarks/missed.md does not say why.
#
# The Rust peers are crates, libmemcached is a small C program, and pylibmc and pymemcache are installed with
# pip into a folder beside what is built; MINIMC_PYTHON names a Python that has both already.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-tests/benches/target}
programs=$target/release
records=$target/records
baseline=tests/benches/baseline.tsv
bless=

build() {
    cargo build --quiet --release --manifest-path tests/benches/Cargo.toml --target-dir "$target" "$@"
}

# Each count is the difference between a run of 1,100 calls and one of 100, for one call.
few=100 many=1100
instructions() {
    valgrind --tool=callgrind --callgrind-out-file="$scratch/callgrind" "${call[@]}" "$1" 2>&1 >/dev/null |
        awk '/Collected/ { print $NF }'
}
system_calls() {
    strace -f -c -o "$scratch/strace" "${call[@]}" "$1" >/dev/null
    awk '$NF == "total" { print $4 }' "$scratch/strace"
}
# In how many parts a long reply comes is up to the scheduler, which can only add calls: the least of five runs.
least_system_calls() {
    for _ in 1 2 3 4 5; do system_calls "$1"; done | sort -n | head -n 1
}
allocations() {
    "${call[@]}" "$1"
}
each() {
    local low high
    low=$("$1" $few)
    high=$("$1" $many)
    awk -v a="$low" -v b="$high" -v n=$((many - few)) 'BEGIN { printf "%.2f", (b - a) / n }'
}

# A memcached over a Unix socket and one over TCP, in a folder of their own, until the subshell ends.
serve() {
    scratch=$(mktemp -d)
    socket=$scratch/memcached.sock
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    memcached -u root -s "$socket" -t 1 -m 256 -I 2m &
    servers=($!)
    memcached -u root -l 127.0.0.1 -p "$port" -t 1 -m 256 -I 2m &
    servers+=($!)
    tcp=127.0.0.1:$port
    trap 'kill "${servers[@]}" 2>/dev/null; wait "${servers[@]}" 2>/dev/null; rm -rf "$scratch"' EXIT
    for _ in $(seq 200); do
        [ -S "$socket" ] && (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return
        sleep 0.05
    done
    echo "bench: memcached does not answer" >&2
    return 1
}

# The call's program, verb and its limits of instructions and system calls; none may allocate.
exact() (
    set -e
    serve
    echo "$(memcached --version), $(rustc --version), Unix socket, meta protocol"
    printf '%-16s %14s %14s %14s\n' "" instructions "system calls" allocations
    status=0
    while read -r program verb limit calls few many; do
        call=("$programs/$program" "$verb" "$socket")
        i=$(each instructions) s=$(each system_calls) a=$(each allocations)
        [ "$program" = pooled ] && verb=pooled-$verb
        printf '%-16s %14s %14s %14s\n' "$verb" "$i" "$s" "$a"
        printf '%s\t%s\t%s\t%s\n' "$verb" "$i" "$s" "$a" >>"$scratch/counts"
        if ! awk -v i="$i" -v most="$limit" -v s="$s" -v calls="$calls" -v a="$a" \
            'BEGIN { exit !(i <= most && s <= calls && a == 0) }'; then
            echo "bench: $verb is over its limit of $limit instructions, $calls system calls and 0 allocations" >&2
            status=1
        fi
    done <<'END'
exact get 1450 2 100 1100
exact set 1450 2 100 1100
exact get-many 125000 2 20 120
exact set-many 80000 2 20 120
pooled get 2200 2 100 1100
END
    [ -z "$bless" ] || cp "$scratch/counts" "$baseline"
    # A twentieth of a system call is what a reply makes that comes in two parts now and then.
    awk -F '\t' '
        NR == FNR { for (n = 2; n <= 4; n++) before[$1, n] = $n; known[$1] = 1; next }
        !known[$1] { print "bench: the baseline has no " $1; failed = 1; next }
        { for (n = 2; n <= 4; n++) if ($n > before[$1, n] * 1.05 + 0.05) {
            print "bench: " $1 " has grown from " before[$1, n] " to " $n; failed = 1 } }
        END { exit failed }' "$baseline" "$scratch/counts" >&2 || status=1
    return $status
)

# That a call's cost is linear in its keys, and in its value's bytes: from size to size a further key, or byte,
# may take a tenth more instructions than in the first step, and each is allowed a part of a system call.
linear() (
    set -e
    serve
    echo "How a call grows with its keys, or with its value's bytes; the last column is what each further one takes"
    printf '%-18s %14s %14s %14s %14s\n' "" instructions "system calls" allocations "instructions"
    while read -r verb share points; do
        for point in $points; do
            IFS=/ read -r size few many <<<"$point"
            call=("$programs/exact" "$verb:$size" "$socket")
            i=$(each instructions) s=$(each least_system_calls) a=$(each allocations)
            echo "$verb $size $share $i $s $a"
        done
    done >"$scratch/linear" <<'END'
get-many 0.008 1/10/60 10/10/60 100/5/25 1000/2/6 10000/1/9
set-many 0.02 1/10/60 10/10/60 100/5/25 1000/2/6 10000/1/9
get 0.00002 1/10/60 1024/10/60 16384/10/60 131072/10/60 524288/5/25
set 0.00001 1/10/60 1024/10/60 16384/10/60 131072/10/60 524288/5/25
END
    awk '
        function fail(why) { print "bench: " $1 " of " $2 " " why > "/dev/stderr"; failed = 1 }
        $1 != verb { verb = $1; step = 0; before = 0 }
        {
            more = before ? ($4 - instructions) / ($2 - before) : 0
            printf "%-18s %14.0f %14.2f %14.2f %14s\n", $1 " " $2, $4, $5, $6, before ? sprintf("%.3f", more) : ""
            # The first step is from one to the size where what is done once no longer shows; the second is the measure.
            if (step == 2) first = more
            # A hundredth, for what takes next to nothing for a byte.
            if (step > 2 && more > first * 1.1 + 0.01) fail("takes " more " instructions for each, after " first)
            if ($5 > 2.05 + $2 * $3) fail("makes " $5 " system calls")
            if ($6 > 0) fail("allocates")
            before = $2; instructions = $4; step++
        }
        END { exit failed || NR != 20 }' "$scratch/linear"
)

# Five rounds of both on the same core, one after the other; the median of each, and of the ratios within
# a round.
placement() (
    set -e
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    ci/setup.sh libmemcached
    cc -O2 -o "$scratch/libmemcached" tests/benches/peers/libmemcached.c -lmemcached
    for round in 1 2 3 4 5; do
        taskset -c 0 "$programs/placement" | sed "s/^/$round minimc /"
        taskset -c 0 "$scratch/libmemcached" | sed "s/^/$round libmemcached /"
    done >"$scratch/rounds"
    awk -v OFS='\t' '$2 == "minimc" && !($3 in best && best[$3] <= $4) { best[$3] = $4 }
        END { for (name in best) print name, "-", "minimc", "ns", best[name] }' "$scratch/rounds" |
        sort >"$records/placement.tsv"
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

# What encoding takes is counted; what parsing takes is what both take, less that.
codec() (
    set -e
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    few=20 many=220
    {
        taskset -c 0 "$programs/codec" | awk -F '\t' -v OFS='\t' '{ print $2 " " $1, "-", "minimc", "ns", $3 }'
        for name in $("$programs/codec" list); do
            call=("$programs/codec" "$name" encode) && encode=$(each instructions)
            call=("$programs/codec" "$name" whole) && whole=$(each instructions)
            awk -v OFS='\t' -v name="$name" -v encode="$encode" -v whole="$whole" 'BEGIN {
                print "encode " name, "-", "minimc", "instructions", encode / 64
                print "parse " name, "-", "minimc", "instructions", (whole - encode) / 64 }'
        done
    } | tee "$records/codec.tsv"
)

# What the core alone takes for an operation: on a Cortex-M4 in QEMU, where time is made of instructions, built
# for speed and as small as the firmware in boards/, and on the host. Each is counted twice, and must be the same.
operations() (
    set -e
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    source ci/bare-metal.sh
    build --package minimc-operations
    for level in 3 s; do
        CARGO_PROFILE_RELEASE_OPT_LEVEL=$level bare_cargo thumbv7em-none-eabihf build --quiet --release \
            --manifest-path tests/benches/Cargo.toml --target-dir "$target" --package minimc-operations
        cp "$target/thumbv7em-none-eabihf/release/minimc-operations" "$scratch/board-$level"
    done
    for time in first second; do
        for level in 3 s; do
            timeout 60 qemu-system-arm -machine mps2-an386 -display none -serial null -monitor none \
                -nic user,restrict=on -icount shift=10,sleep=off -semihosting-config enable=on,target=native \
                -kernel "$scratch/board-$level" | sed "s/^/thumbv7em -O$level\t/"
        done
        rm -f "$scratch"/callgrind*
        valgrind --tool=callgrind --toggle-collect=counted --dump-before=part_ends \
            --callgrind-out-file="$scratch/callgrind" "$programs/minimc-operations" >"$scratch/host" 2>"$scratch/valgrind" ||
            { cat "$scratch/valgrind" >&2 && false; }
        # A file for each part, numbered.
        at=0
        while IFS= read -r part; do
            at=$((at + 1))
            printf 'host\t%s\t%s\n' "$part" "$(awk '$1 == "totals:" { print $2 }' "$scratch/callgrind.$at")"
        done <"$scratch/host"
    done >"$scratch/both"
    awk -F '\t' -v OFS='\t' '
        { lines++ }
        $2 == "nothing" { each[$1] = $5 / $4 }
        { row = $1 FS $2 FS $3 }
        row in count { if (count[row] != $5) { print "bench: " $2 " takes " count[row] " and then " $5 > "/dev/stderr"; failed = 1 }; seen++; next }
        { count[row] = $5 }
        $2 == "nothing" { next }
        { # Of what was counted, what counting takes; 64 calls.
            number = ($5 - $4 * each[$1]) / 64
            whole[$1 FS $2] += number
            if ($3 != "move") print $2, "core", $1, $3, number
            if ($3 == "parse") print $2, "core", $1, "whole", whole[$1 FS $2] }
        END { if (lines == 0 || seen * 2 != lines) { print "bench: a count is missing" > "/dev/stderr"; failed = 1 }
            exit failed }' "$scratch/both" >"$records/operations.tsv"
    echo "Instructions of the core alone: on thumbv7em-none-eabihf at -O3 and at -Os, and on the host at -O3; x is how"
    echo "many times as many the first are as the host's. $(qemu-system-arm --version | head -n 1), $(rustc --version)"
    awk -F '\t' '
        !($1 in known) { known[$1] = 1; order[++rows] = $1 }
        { number[$1, $3, $4] = $5 }
        END {
            split("encode parse whole", parts, " ")
            printf "%-18s", ""
            for (p = 1; p <= 3; p++) printf " %8s %6s %6s %5s", parts[p], "", "", ""
            printf "\n%-18s", ""
            for (p = 1; p <= 3; p++) printf " %8s %6s %6s %5s", "-O3", "-Os", "host", "x"
            print ""
            for (n = 1; n <= rows; n++) {
                printf "%-18s", order[n]
                for (p = 1; p <= 3; p++) {
                    fast = number[order[n], "thumbv7em -O3", parts[p]]
                    host = number[order[n], "host", parts[p]]
                    printf " %8.0f %6.0f %6.0f %5.2f", fast, number[order[n], "thumbv7em -Os", parts[p]], host, fast / host
                }
                print ""
            }
        }' "$records/operations.tsv"
)

# The programs of peers in other languages.
peers() {
    ci/setup.sh libmemcached
    build --package minimc-rank
    cc -O2 -o "$programs/rank-libmemcached" tests/benches/peers/rank.c -lmemcached
    export MINIMC_BENCH_LIBMEMCACHED=$programs/rank-libmemcached
    MINIMC_BENCH_PYTHON=$(ci/python.sh "$target/python")
    export MINIMC_BENCH_PYTHON
}

ranking() (
    set -e
    peers
    {
        taskset -c 0 "$programs/minimc-rank" run \
            {get32,set32,get16k,set16k,mget100,mset100,stream,tasks64}/{unix,tcp} {get512k,set512k}/unix
        # The server keeps to the first core, the two threads have both.
        "$programs/minimc-rank" run tasks64x2/{unix,tcp}
    } | tee "$records/ranking.tsv"
)

busy_poll() (
    set -e
    build --package minimc-rank
    taskset -c 1 "$programs/minimc-rank" run-apart get{32,16k}/{unix,tcp}
)

scaling() (
    set -e
    peers
    taskset -c 0 "$programs/minimc-rank" run-few get{1,1k,128k,1m}/unix set{1,1k,128k,1m}/unix \
        mget{1,10,1000,10000}/unix tasks{1,4,16,256}/unix | tee "$records/scaling.tsv"
)

# What is counted over TCP is counted so because the peer has nothing else.
counts() (
    set -e
    peers
    serve
    while read -r workload parts few many; do
        while IFS='|' read -r who address; do
            call=("$programs/minimc-rank" count "$who" "$workload" "${!address}")
            a=$("${call[@]}" 1 2>/dev/null) || continue # who cannot do that
            a=$(each allocations) s=$(each system_calls) i=$(each instructions)
            counted "$workload" "$who" "$parts"
        done <<END
limit|socket
minimc|socket
minimc, get_into|socket
memcache, ascii|socket
memcache, binary|socket
memcache::exp|tcp
limit on tokio|socket
minimc on tokio|socket
minimc, shared|socket
memcache::exp on tokio|tcp
async-memcached|socket
mtop-client|socket
memcache-async|socket
END
    done <<'END' | tee "$records/counts.tsv"
get32 1 100 1100
set32 1 100 1100
mget100 1 10 60
mset100 1 10 60
stream 10000 1 3
get512k 1 10 40
set512k 1 10 40
END
    while read -r protocol workload verb bytes keys few many; do
        "$programs/minimc-rank" count limit "$workload" "$socket" 1 >/dev/null # stores what it gets
        call=("$programs/rank-libmemcached" "$protocol" "$verb" "$bytes" "$keys" "$socket")
        s=$(each system_calls) i=$(each instructions) a=
        counted "$workload" "libmemcached, $protocol" 1
    done <<'END' | tee -a "$records/counts.tsv"
ascii get32 get 32 1 100 1100
ascii set32 set 32 1 100 1100
ascii mget100 mget 100 100 10 60
ascii mset100 mset 100 100 10 60
binary get32 get 32 1 100 1100
binary set32 set 32 1 100 1100
binary mget100 mget 100 100 10 60
END
)

counted() {
    awk -v OFS='\t' -v workload="$1" -v who="$2" -v parts="$3" -v i="$i" -v s="$s" -v a="$a" 'BEGIN {
        print workload, "unix", who, "instructions", i / parts
        print workload, "unix", who, "system calls", s / parts
        if (a != "") print workload, "unix", who, "allocations", a / parts }'
}

version_of() {
    awk -v name="$1" '$1 == "name" && $3 == "\"" name "\"" { getline; gsub(/"/, "", $3); print name " " $3 }' \
        tests/benches/Cargo.lock
}

report() (
    set -e
    peers
    {
        echo "# Machine: $(awk -F ': ' '/^model name/ { print $2; exit }' /proc/cpuinfo), $(nproc) cores, Linux $(uname -r)"
        echo "# $(date -u +%F), load $(cut -d ' ' -f 1-3 /proc/loadavg)"
        echo "# $(memcached --version), -t 1; $(rustc --version)"
        echo "# Rust peers: $(for name in memcache async-memcached mtop-client memcache-async tokio; do version_of $name; done | paste -sd ,)"
        "$MINIMC_BENCH_PYTHON" -c 'import pylibmc, pymemcache, sys; print("# pylibmc", pylibmc.__version__, "over libmemcached", pylibmc.libmemcached_version + ", pymemcache", pymemcache.__version__ + ", Python", sys.version.split()[0])'
        echo "# rsmc is not measured: the registry has no crate of that name"
        cat "$records"/{ranking,scaling,counts,codec,operations,placement}.tsv
    } >"$records/all.tsv"
    "$programs/minimc-rank" report "$records/all.tsv" docs/benchmarks
)

# flate2 is built over one library at a time: a program for each.
compressors() (
    set -e
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    local library built=() run
    for library in zlib-rs zlib-ng miniz_oxide; do
        if [ $library = zlib-ng ] && ! command -v cmake >/dev/null; then
            ci/setup.sh cmake || true
        fi
        if build --bin compressors --no-default-features --features "$library"; then
            cp "$programs/compressors" "$scratch/$library"
            built+=("$library")
        else
            echo "$library cannot be built here" >&2
        fi
    done
    local pinned=()
    command -v taskset >/dev/null && pinned=(taskset -c "$(($(nproc) - 1))")
    # In turns, so that what else the machine does hits all alike; of each the best.
    for run in 1 2 3; do
        for library in "${built[@]}"; do
            "${pinned[@]}" "$scratch/$library" "$library" | sed "s/^/$library\t/"
        done
    done | sort -s -t $'\t' -k 2,2r -k 3,3r >"$scratch/times"
    echo "$(rustc --version), $(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1); MB/s of what is not compressed, the best of many rounds"
    printf '%-14s %-30s %8s %7s %9s %9s\n' "" "" compress ratio inflate "core's"
    awk -F '\t' '
        function better(name, number) { if (number > best[name]) best[name] = number }
        {
            # What the core wrote is inflated by each library.
            row = $2 FS ($3 == "core" ? "core, by " $1 : $3)
            if (!(row in ratio)) order[++rows] = row
            ratio[row] = $5
            better(row FS "c", $4); better(row FS "i", $6); better(row FS "o", $7)
            if ($3 == "core") better($2 FS "core", $4)
        }
        END {
            for (n = 1; n <= rows; n++) {
                split(order[n], name, FS)
                is_core = name[2] ~ /^core/
                speed = is_core ? best[name[1] FS "core"] : best[order[n] FS "c"]
                sub(/^core, by /, "core, inflated by ", name[2])
                printf "%-14s %-30s %8d %7s %9d %9d\n", name[1], name[2], speed, ratio[order[n]], best[order[n] FS "i"], best[order[n] FS "o"]
                if (is_core && name[1] == "json10k.json" && ratio[order[n]] > 0.29) over = 1
            }
            speed = best["json10k.json" FS "core"]
            printf "core, json10k.json: %d MB/s of the 900 that are wanted\n", speed
            if (over) print "bench: the core leaves more than 0.29 of json10k.json"
            exit over
        }' "$scratch/times"
)

case ${1:-all} in
all) parts=(exact linear placement compressors codec operations ranking scaling counts report) ;;
--quick) parts=(exact linear) ;;
--bless) parts=(exact) bless=1 ;;
exact | linear | placement | compressors | codec | operations | ranking | scaling | counts | report) parts=("$1") ;;
busy-poll) parts=(busy_poll) ;;
-h | --help)
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
    exit 0
    ;;
*)
    echo "bench.sh: there is no $1; see --help" >&2
    exit 2
    ;;
esac
ci/setup.sh
mkdir -p "$records"
build
status=0
for part in "${parts[@]}"; do
    set +e # not `||`, in which no failure of a command would be seen
    "$part"
    [ $? = 0 ] || status=1
    set -e
done
exit $status
