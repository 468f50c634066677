#!/usr/bin/env bash
# Holds the core against what real programs said and did. Prints what ran, passed, failed and was left
# out, by category.
#
#   ci/vectors.sh               every kind there is
#   ci/vectors.sh transcripts   requests and responses of memcached; a naive reader of the protocol's
#                               documents, in Python, is the second opinion
#   ci/vectors.sh values        what clients stored and read: flags, whether it was compressed, what is
#                               inflated, and what each client saw
#   ci/vectors.sh hash          hash values of libmemcached and of other clients
#   ci/vectors.sh placement     where libmemcached, pylibmc and other clients put keys
#
# The records are those of tests/fixtures, or of the folder that MINIMC_FIXTURES names: others in the
# same format, and more of them. Of the placements of libmemcached and pylibmc, which take 4 MB, those are
# in tests/fixtures whose number can be divided by five.
#
# Fails if one fails, if a planted mistake is not found out, or if more than 2 % are left out; the
# rules of that are in tests/vectors/left-out*.txt.
set -euo pipefail
cd "$(dirname "$0")/.."

kinds=("$@")
[ $# -gt 0 ] || kinds=(transcripts values hash placement)
for kind in "${kinds[@]}"; do
    case $kind in
    transcripts | values | hash | placement) ;;
    -h | --help)
        sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
        exit 0
        ;;
    *)
        echo "vectors.sh: there is no kind $kind; see --help" >&2
        exit 2
        ;;
    esac
done

fixtures=${MINIMC_FIXTURES:-tests/fixtures}
for kind in "${kinds[@]}"; do
    folder=$fixtures/$kind
    # The folder of one kind will do.
    [ -d "$folder" ] || folder=$fixtures
    cargo run --quiet --release -p minimc-vectors -- "$kind" "$folder"
done
