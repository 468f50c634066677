"""Compares the public API of a crate with the entry points in an image.

    python3 api.py DOC.json IMAGE [TRAIT]

DOC.json is rustdoc's; implementations of TRAIT are not expected. Names are `Type::function`,
`Trait::function`, `function`, and `Type: Trait` for every implementation with code in it, written or
derived. Prints how many entry points there are, or what is missing and what is stale, and ends with 1.
"""

import json
import sys

import elf


def name(type_):
    """A type as it is written, without generic arguments and lifetimes."""
    (kind, inner), = type_.items()
    match kind:
        case "resolved_path":
            return inner["path"].split("::")[-1]
        case "primitive" | "generic":
            return inner
        case "borrowed_ref":
            return ("&mut " if inner["is_mutable"] else "&") + name(inner["type"])
        case "slice":
            return f"[{name(inner)}]"
        case "array":
            return f"[{name(inner['type'])}; {inner['len']}]"
    sys.exit(f"api.py: a type of the kind {kind}: teach me its name")


def trait(path):
    """A trait as it is written; `From<A>` and `From<B>` are two."""
    last = path["path"].split("::")[-1]
    return f"{last}<{name(path['args']['angle_bracketed']['args'][0]['type'])}>" if last == "From" else last


def api(doc):
    index = doc["index"]

    def functions(ids):
        items = [index[str(id_)] for id_ in ids if str(id_) in index]
        # What a module takes from a private one is its own.
        items = [index.get(str(item["inner"]["use"]["id"]), item) if "use" in item["inner"] else item for item in items]
        return [item["name"] for item in items if "function" in item["inner"]]

    for item in index.values():
        (kind, inner), = item["inner"].items()
        if kind == "module":
            yield from functions(inner["items"])
        elif kind == "trait":
            yield from (f"{item['name']}::{function}" for function in functions(inner["items"]))
        elif kind == "impl" and not inner["is_synthetic"] and inner["blanket_impl"] is None:
            type_, methods = name(inner["for"]), functions(inner["items"])
            if inner["trait"] is None:
                yield from (f"{type_}::{method}" for method in methods)
            elif methods:
                yield f"{type_}: {trait(inner['trait'])}"


def main(doc, image, *without):
    with open(doc, encoding="utf-8") as file:
        public = set(api(json.load(file)))
    expected = {entry for entry in public if not entry.endswith(tuple(f": {name}" for name in without))}
    linked = {symbol.name.removeprefix("entry ") for symbol in elf.Elf(image).symbols
              if symbol.name.startswith("entry ")}
    wrong = (
        [f"  {entry}: public, but no entry point" for entry in expected - linked]
        + [f"  {entry}: an entry point, but not public" for entry in linked - public]
    )
    if wrong:
        sys.exit("\n".join(["panics: the entry points in tests/probe are not the public API:", *sorted(wrong)]))
    print(len(linked))


main(*sys.argv[1:])
