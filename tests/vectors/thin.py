"""Copies recorded values without the large ones.

    python3 thin.py FROM TO

Keeps every record but those that need a file of more than 16 KiB: tests/fixtures/values was made so.
`MINIMC_FIXTURES=FROM ci/vectors.sh values` runs all of FROM.
"""

import json
import pathlib
import shutil
import sys

LIMIT = 16 * 1024


def files(record):
    """The files that a record needs."""
    for name, value in record.items():
        if isinstance(value, dict):
            yield from files(value)
        elif name.endswith("_file"):
            yield value


def main(source, target):
    (target / "blobs").mkdir(parents=True, exist_ok=True)
    kept = left = 0
    for path in sorted(source.glob("*.jsonl")):
        with open(target / path.name, "w", encoding="utf-8") as out:
            for line in path.read_text(encoding="utf-8").splitlines():
                needed = [] if line.startswith("#") else list(files(json.loads(line)))
                if any((source / name).stat().st_size > LIMIT for name in needed):
                    left += 1
                    continue
                kept += 1
                out.write(line + "\n")
                for name in needed:
                    shutil.copyfile(source / name, target / name)
    print(f"{kept} records copied, {left} left out")


main(*map(pathlib.Path, sys.argv[1:]))
