#!/usr/bin/env bash
# Prints the Python that has the clients which minimc is held against: the one that MINIMC_PYTHON names, or one
# that is made in FOLDER, unless it is there, with pylibmc, python-memcached and pymemcache from PyPI, which
# needs the network.
#
#   ci/python.sh FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."

case ${1:?ci/python.sh wants a folder} in
-h | --help)
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
    exit 0
    ;;
esac

clients=(pylibmc==1.6.3 python-memcached==1.62 pymemcache==4.0.0)
folder=$1
python=${MINIMC_PYTHON:-$folder/bin/python}
if [ -z "${MINIMC_PYTHON:-}" ] && ! "$python" -c 'import memcache, pylibmc, pymemcache' 2>/dev/null; then
    if ! python3 -m venv --clear "$folder" >&2; then
        ci/setup.sh venv >&2
        python3 -m venv --clear "$folder" >&2
    fi
    install=("$python" -m pip install --quiet --disable-pip-version-check "${clients[@]}")
    # Where there is no wheel for this Python, pylibmc is built.
    if ! "${install[@]}" --only-binary pylibmc >&2; then
        ci/setup.sh pylibmc >&2
        "${install[@]}" >&2
    fi
fi
echo "$python"
