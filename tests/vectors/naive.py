#!/usr/bin/env python3
"""A naive reader of memcached's transcripts, written from the protocol's documents alone.

It knows nothing of the crate, and has no state but the bytes of one exchange. Usage:

    naive.py FOLDER

reads FOLDER/memcached_*.jsonl and prints a JSON line for each exchange:

    id        that of the exchange
    requests  how many requests the bytes are
    replies   [request, first byte, end] of every reply, and of each part of one
    outcomes  [request, words] of every request that was answered
    owed      how many requests wait for an answer
    state     kept, broken (a client must give the connection up), waiting (an answer is owed), closed
    error     whether anything was refused

Words are: done, not stored, exists, not found, item FLAGS CAS VALUE, number N, version TEXT,
failed KIND TEXT, malformed. What one request asked for several keys stands in the order of the keys.
Of a stream each line is an outcome, and its end is one more: stat NAME VALUE, cached KEY SIZE EXPIRY,
dumped KEY ..., key KEY, started, skipped N, event ..., end. What a connection that watches says later
is read with the request to watch, as one exchange.
"""

import base64
import binascii
import json
import pathlib
import sys
import urllib.parse

STORES = {b"set", b"add", b"replace", b"append", b"prepend", b"cas"}
METAS = {b"mg", b"ms", b"md", b"ma", b"me"}
# What operators type: a client without these commands understands no other word in answer.
ADMIN = {b"slabs", b"lru", b"lru_crawler", b"extstore", b"shutdown"}
REFUSALS = {b"BUSY", b"BADCLASS", b"NOSPARE", b"SAME", b"NOTSTARTED"}
GETS = {b"get": 0, b"gets": 0, b"bget": 0, b"gat": 1, b"gats": 1}
QUIET_PACKETS = {0x09, 0x0D, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x1E, 0x24}
LOUD = {
    0x09: 0x00, 0x0D: 0x00, 0x0C: 0x00, 0x11: 0x01, 0x12: 0x02, 0x13: 0x03, 0x14: 0x04, 0x15: 0x05,
    0x16: 0x06, 0x17: 0x07, 0x18: 0x08, 0x19: 0x0E, 0x1A: 0x0F, 0x1E: 0x1D, 0x23: 0x1D, 0x24: 0x1D,
}


class More(Exception):
    """The bytes end within a reply."""


class Malformed(Exception):
    """These are no reply to what was asked."""


class Request:
    def __init__(self, verb=b"", words=(), has_data=False, quiet=False, silent=False, opcode=None):
        self.verb, self.words, self.has_data = verb, list(words), has_data
        # quiet: may be left without an answer; silent: must be.
        self.quiet, self.silent, self.opcode = quiet, silent, opcode


# -- requests ---------------------------------------------------------------------------------


def requests(data, is_binary):
    found = []
    while data:
        if data[0] == 0x80 or is_binary:
            request, data = packet_request(data)
        else:
            request, data = line_request(data)
        found.append(request)
    return found


def packet_request(data):
    body = int.from_bytes(data[8:12], "big") if len(data) >= 24 else None
    if data[0] != 0x80 or body is None or len(data) < 24 + body:
        # No request yet, or none at all: then the server says so in text.
        is_whole = data[0] != 0x80
        return Request(silent=not is_whole, opcode=-1 if is_whole else None), b""
    opcode = data[1]
    key, extras = int.from_bytes(data[2:4], "big"), data[4]
    if key + extras > body:
        return Request(silent=True), b""
    quiet = opcode in QUIET_PACKETS
    has_data = body > key + extras
    return Request(opcode=opcode, quiet=quiet, has_data=has_data), data[24 + body:]


def line_request(data):
    line, end, rest = data.partition(b"\n")
    if not end:
        return Request(silent=True), b""
    line = line.removesuffix(b"\r")
    words = line.split()
    verb = words[0] if words else b""
    words = words[1:]
    is_store = verb in STORES or verb == b"ms"
    has_data = False
    if is_store and rest:
        at = 1 if verb == b"ms" else 3
        length = int(words[at]) if len(words) > at and words[at].isdigit() else None
        whole = None if length is None else rest[: length + 2]
        if whole is not None and len(whole) == length + 2 and whole.endswith(b"\r\n"):
            rest = rest[length + 2:]
        else:
            rest = b""
        has_data = True
    noreply = verb not in METAS and verb not in GETS and words[-1:] == [b"noreply"]
    quiet = verb in METAS and b"q" in words[1:]
    return Request(verb, words, has_data, quiet=quiet, silent=noreply), rest


# -- replies ----------------------------------------------------------------------------------


def line_at(data, at):
    end = data.find(b"\n", at)
    if end < 0:
        raise More
    if data[end - 1:end] != b"\r":
        raise Malformed
    return data[at:end - 1], end + 1


def printed(text):
    return "".join(chr(b) if 0x20 <= b < 0x7F and b != 0x5C else "\\x%02x" % b for b in text)


def value_words(value):
    if len(value) <= 64:
        return printed(value)
    total = 0
    for byte in value:
        total = (total * 31 + byte) & 0xFFFFFFFF
    return "%d bytes %08x" % (len(value), total)


def number(word, bits=64):
    if not word.isdigit() or int(word) >= 1 << bits:
        raise Malformed
    return int(word)


def item(flags, cas, value):
    return "item %d %s %s" % (flags & 0xFFFFFFFF, cas or "-", value_words(value))


def failure(line):
    """An error line: its first word, up to a blank or a colon, tells the class."""
    first = line.replace(b":", b" ").split(b" ")[0]
    rest = line[len(first) + 1:]
    if first == b"ERROR":
        kind = "too many" if rest.startswith(b"Too many open connections") else "command"
    elif first == b"CLIENT_ERROR":
        kind = "client"
        if rest in (b"unauthenticated", b"authentication failure", b"bad authentication token format"):
            kind = "unauthenticated"
        elif rest == b"cannot increment or decrement non-numeric value":
            kind = "not numeric"
    elif first == b"SERVER_ERROR":
        kind = "server"
        if rest == b"object too large for cache":
            kind = "too large"
        elif rest.lower().startswith(b"out of memory"):
            kind = "out of memory"
    else:
        return None
    return kind


TOLD = ("command", "client", "server", "out of memory", "refused", "unconfirmed")


def failed(kind, line):
    # Only these need the server's own words.
    text = printed(line[:63]) if kind in TOLD else ""
    return ("failed %s %s" % (kind, text)).rstrip()


def values(request, data, at):
    """VALUE lines up to END; one string for all keys."""
    keys = request.words[GETS[request.verb]:]
    found, parts = [], []
    while True:
        start = at
        line, at = line_at(data, at)
        if line == b"END":
            parts.append((start, at))
            break
        if failure(line):
            parts.append((start, at))
            kind = failure(line)
            # Of several keys it is not said which one it is about.
            return kind, failed(kind if len(keys) < 2 else "unconfirmed", line), parts, at
        words = line.split(b" ")
        if words[0] != b"VALUE" or len(words) not in (4, 5):
            raise Malformed
        length = number(words[3], 32)
        if len(data) < at + length + 2:
            raise More
        if data[at + length:at + length + 2] != b"\r\n":
            raise Malformed
        cas = number(words[4]) if len(words) == 5 else 0
        found.append((words[1], item(number(words[2]), cas, data[at:at + length])))
        at += length + 2
        parts.append((start, at))
    outcome = []
    for key in keys:
        place = next((i for i, (name, _) in enumerate(found) if name == key), None)
        outcome.append("not found" if place is None else found.pop(place)[1])
    if found:
        raise Malformed
    return None, " | ".join(outcome), parts, at


WORDS = {
    b"STORED": ("done", STORES),
    b"NOT_STORED": ("not stored", STORES - {b"set", b"cas"}),
    b"EXISTS": ("exists", {b"cas"}),
    b"NOT_FOUND": ("not found", {b"cas", b"delete", b"touch", b"incr", b"decr"}),
    b"DELETED": ("done", {b"delete"}),
    b"TOUCHED": ("done", {b"touch"}),
    b"OK": ("done", {b"flush_all", b"verbosity", b"cache_memlimit"} | ADMIN),
    b"MN": ("done", {b"mn"}),
}


def meta_reply(request, line, data, at):
    """A meta line and its value: the code, the flags, what it means."""
    words = line.split(b" ")
    code, flags = words[0], words[1:]
    if code not in (b"HD", b"VA", b"EN", b"NF", b"NS", b"EX"):
        raise Malformed
    value = None
    if code == b"VA":
        length = number(flags[0], 32)
        flags = flags[1:]
        if len(data) < at + length + 2:
            raise More
        value, at = data[at:at + length], at + length + 2
        if data[at - 2:at] != b"\r\n":
            raise Malformed
    told = {flag[:1]: flag[1:] for flag in flags}
    stored = number(told.get(b"f", b"0"))
    cas = number(told.get(b"c", b"0"))
    if code == b"VA" and request.verb == b"ma":
        words = "number %d" % number(value.rstrip(b" "))
    elif code == b"VA":
        words = item(stored, cas, value)
    else:
        words = {b"HD": "done", b"EN": "not found", b"NF": "not found", b"NS": "not stored", b"EX": "exists"}[code]
    return words, told, at


def flags_told(told):
    """What the flags say, but those that are in the words already."""
    found = []
    if int(told.get(b"c", b"0")):
        found.append(" c%d" % int(told[b"c"]))
    for letter in (b"t", b"l", b"h", b"s", b"k", b"W", b"X", b"Z"):
        if letter in told:
            found.append(" " + printed(letter + told[letter]))
    return " ~" + "".join(found)


def reply(request, data, at):
    """(the class of an error or None, outcome, parts, end)"""
    if request.verb in GETS and len(request.words) > GETS[request.verb]:
        return values(request, data, at)
    line, end = line_at(data, at)
    kind = failure(line)
    if kind:
        return kind, failed(kind, line), [(at, end)], end
    if request.verb == b"me" or request.verb not in METAS:
        words = None
        if request.verb == b"me" and line == b"EN":
            words = "not found"
        elif request.verb == b"me" and line.startswith(b"ME "):
            words = details(line)
        if line in WORDS and request.verb in WORDS[line][1]:
            words = WORDS[line][0]
        elif request.verb in (b"incr", b"decr") and line.rstrip(b" ").isdigit():
            words = "number %d" % number(line.rstrip(b" "))
        elif request.verb == b"version" and line.startswith(b"VERSION "):
            words = "version " + printed(line[8:71])
        elif request.verb == b"cache_memlimit" and line.split(b" ")[0] in (b"MEMLIMIT_TOO_SMALL", b"MEMLIMIT_ADJUST_FAILED"):
            return "refused", failed("refused", line), [(at, end)], end
        elif request.verb in (b"slabs", b"lru_crawler") and line.split(b" ")[0] in (b"BUSY", b"BADCLASS"):
            return "refused", failed("refused", line), [(at, end)], end
        if words is None:
            raise Malformed
        return None, words, [(at, end)], end
    words, told, end = meta_reply(request, line, data, end)
    return None, words + flags_told(told), [(at, end)], end


# -- streams of lines -------------------------------------------------------------------------


def stream_of(request):
    """What kind of lines answer this; None for anything else."""
    if request.opcode is not None:
        return "packets" if request.opcode == 0x10 else None
    if request.verb in (b"stats", b"watch"):
        return request.verb.decode()
    if request.verb == b"lru_crawler" and request.words[:1] in ([b"metadump"], [b"mgdump"]):
        return request.words[0].decode()
    return None


def stream(request, data, at, told):
    """Tells of each line: (the class of an error or None, the end, whether the stream is over)."""
    what, start = stream_of(request), at
    while at < len(data):
        is_first = at == start
        if what == "packets":
            kind, words, end = stat_packet(request, data, at)
        else:
            kind, words, end = stream_line(what, data, at, is_first)
        # The OK in front of a dump says nothing.
        told(at, end, words)
        at = end
        if kind or words == "end":
            return kind, at, True
    return None, at, False


ENDS = {"stats": b"END", "metadump": b"END", "mgdump": b"EN"}


def stream_line(what, data, at, is_first):
    end = data.find(b"\n", at)
    if end < 0:
        raise More
    line, end = data[at:end], end + 1
    # The lines of a dump and of a watch may end in a bare line feed; all others do not.
    is_whole = line.endswith(b"\r")
    line = line.removesuffix(b"\r")
    if is_whole:
        kind = failure(line)
        # A bare ERROR is said of what the server does not know; with words it is one who does.
        if kind == "command" and line != b"ERROR":
            kind = "refused"
        first = line.split(b" ")[0]
        if what in ("metadump", "mgdump") and first in (b"BUSY", b"BADCLASS"):
            kind = "refused"
        if what == "watch" and first in (b"WATCHER_TOO_MANY", b"WATCHER_FAILED"):
            kind = "refused"
        if kind:
            return kind, failed(kind, line), end
        if line == ENDS.get(what) or what == "stats" and is_first and line in (b"OK", b"RESET"):
            return None, "end", end
        if line == b"OK" and is_first and what != "stats":
            return None, "started" if what == "watch" else None, end
    elif what in ("stats", "mgdump"):
        raise Malformed
    tell = {"stats": stat, "metadump": dumped, "mgdump": dumped_key, "watch": event}[what]
    return None, tell(line), end


def stat(line):
    word, _, rest = line.partition(b" ")
    if word == b"ITEM":
        # `ITEM k [n b; exp s]`
        key, bracket, rest = rest.rpartition(b" [")
        size, _, expiry = rest.partition(b" b; ")
        if not key or not bracket or not expiry.endswith(b" s]"):
            raise Malformed
        return "cached %s %d %d" % (printed(key), number(size), number(expiry[:-3]))
    name, _, value = rest.partition(b" ")
    if word not in (b"STAT", b"PREFIX") or not name:
        raise Malformed
    return "stat %s %s" % (printed(name), printed(value))


def stat_packet(request, data, at):
    kind, words, parts, end = packet_reply(request, data, at)
    key, status = int.from_bytes(data[at + 2:at + 4], "big"), int.from_bytes(data[at + 6:at + 8], "big")
    if kind == "fatal":
        return kind, words, end
    if status == 1:
        # No item is asked for: it is the kind of statistics that the server does not know.
        return "command", failed("command", data[at + 24:end]), end
    if status:
        return kind, words, end
    start = at + 24 + data[at + 4]
    if not key:
        return None, "end", end
    return None, "stat %s %s" % (printed(data[start:start + key]), printed(data[start + key:end])), end


def columns(line):
    """`name=value` by their names; the first of a name counts."""
    found = {}
    for word in line.split(b" "):
        name, equals, value = word.partition(b"=")
        if equals:
            found.setdefault(name.decode("latin-1"), value)
    return found


def plain_key(escaped):
    if not escaped or b" " in escaped:
        raise Malformed
    for part in escaped.split(b"%")[1:]:
        try:
            bytes.fromhex(part[:2].decode("ascii"))
        except (ValueError, UnicodeDecodeError):
            raise Malformed from None
        if len(part) < 2:
            raise Malformed
    return printed(urllib.parse.unquote_to_bytes(escaped))


def told_number(found, name, never=()):
    value = found.get(name)
    return "-" if value is None or value in never else "%d" % number(value)


def dumped(line):
    if not line.startswith(b"key="):
        raise Malformed
    found = columns(line)
    fetch = found.get("fetch", b"-")
    if fetch not in (b"yes", b"no", b"-"):
        raise Malformed
    words = "dumped %s exp %s" % (plain_key(found["key"]), told_number(found, "exp", never=(b"-1",)))
    for name in ("la", "cas", "fetch", "cls", "size", "flags"):
        words += " %s %s" % (name, fetch.decode() if name == "fetch" else told_number(found, name))
    pages = ("ext_page", "ext_offset")
    return words + "".join(" %s=%s" % (name, printed(found[name])) for name in pages if name in found)


def dumped_key(line):
    words = line.split(b" ")
    if words[0] != b"mg" or len(words) not in (2, 3) or not words[1] or words[2:] not in ([], [b"b"]):
        raise Malformed
    if len(words) == 2:
        return "key " + printed(words[1])
    try:
        return "key " + printed(base64.b64decode(words[1], validate=True))
    except binascii.Error:
        raise Malformed from None


COLUMNS = ("status", "cmd", "ttl", "clsid", "cfd", "size", "rip", "rport", "transport", "reason")


def event(line):
    if line.startswith(b"skipped="):
        return "skipped %d" % number(line[8:])
    found = columns(line)
    if not {"ts", "gid", "type"} <= found.keys():
        raise Malformed
    seconds, _, micros = found["ts"].partition(b".")
    kind = found["type"]
    status = found.get("status")
    if kind in (b"item_get", b"item_store", b"eviction", b"deletion"):
        words = {b"item_get": "get", b"item_store": "store", b"eviction": "evict", b"deletion": "delete"}[kind]
        words += " " + plain_key(found.get("key", b""))
        if kind == b"item_get":
            words += " found" if status == b"found" else " missed"
        if kind == b"item_store":
            words += " done" if status == b"stored" else " not"
    else:
        words = {b"conn_new": "connect", b"conn_close": "disconnect"}.get(kind, "other " + printed(kind))
    words = "event %d %d %d %s" % (number(seconds), number(micros, 32), number(found["gid"]), words)
    return words + "".join(" %s=%s" % (name, printed(found[name])) for name in COLUMNS if name in found)


def details(line):
    key, _, rest = line[3:].partition(b" ")
    if not key or not rest:
        raise Malformed
    found = columns(rest)
    words = "details %s exp %s" % (printed(key), printed(found.get("exp", b"-")))
    for name in ("la", "cas", "fetch", "cls", "size"):
        told = printed(found.get(name, b"-"))
        # There is no item with the CAS value 0.
        words += " %s %s" % (name, "-" if (name, told) == ("cas", "0") else told)
    return words


# -- packets ----------------------------------------------------------------------------------

STATUSES = {
    3: "too large", 4: "client", 6: "not numeric", 0x20: "unauthenticated", 0x81: "command", 0x82: "out of memory",
}


def packet_reply(request, data, at):
    if data[at:at + 1] in (b"E", b"C", b"S"):
        line, end = line_at(data, at)
        kind = failure(line)
        if not kind:
            raise Malformed
        return "fatal", failed(kind, line), [(at, end)], end
    header = data[at:at + 24]
    if len(header) < 24:
        raise More
    if header[0] != 0x81 or header[1] != request.opcode:
        raise Malformed
    key, extras, status = int.from_bytes(header[2:4], "big"), header[4], int.from_bytes(header[6:8], "big")
    body, cas = int.from_bytes(header[8:12], "big"), int.from_bytes(header[16:24], "big")
    end = at + 24 + body
    if len(data) < end:
        raise More
    value = data[at + 24 + extras + key:end]
    flags = int.from_bytes(data[at + 24:at + 24 + extras], "big") if extras == 4 else 0
    opcode = LOUD.get(request.opcode, request.opcode)
    kind = None
    if status == 0:
        if opcode in (0x00, 0x1D):
            words = item(flags, cas, value)
        elif opcode in (0x05, 0x06):
            words = "number %d" % int.from_bytes(value, "big")
        elif opcode == 0x20:
            words = "value " + value_words(value)
        elif opcode == 0x0B:
            words = "version " + printed(value[:63])
        else:
            words = "done"
    elif status in (2,) and opcode == 2 or status == 1 and opcode == 3 or status == 5:
        words = "not stored"
    elif status == 1:
        words = "not found"
    elif status == 2:
        words = "exists"
    elif status in STATUSES:
        kind = STATUSES[status]
        words = failed(kind, value)
    else:
        raise Malformed
    return kind or ("refused" if status else None), words, [(at, end)], end


def may_answer(request, data, at):
    """Whether the reply at hand answers this quiet request, or one behind it."""
    if request.opcode is not None:
        return data[at + 1:at + 2] == bytes([request.opcode])
    line, end = line_at(data, at)
    if line == b"MN":
        return False
    if failure(line):
        return True
    words, told, _ = meta_reply(request, line, data, end)
    if words == "not found" and request.verb == b"mg":
        return False
    if words == "done" and request.verb != b"mg":
        return False
    if b"k" in told and told[b"k"] != request.words[0]:
        return False
    tag = next((word[1:] for word in request.words[1:] if word[:1] == b"O"), None)
    return told.get(b"O") == tag


def read(record, sent, data):
    is_binary = record["protocol"] == "binary"
    asked = requests(sent, is_binary)
    replies, outcomes = [], []
    unfinished = set()
    at, state, error = 0, "kept", False
    try:
        for index, request in enumerate(asked):
            if request.silent:
                continue
            if request.quiet and (at >= len(data) or not may_answer(request, data, at)):
                continue
            if at >= len(data):
                state = "waiting"
                break
            if stream_of(request):
                unfinished.add(index)

                def told(start, stop, words):
                    replies.append([index, start, stop])
                    if words is not None:
                        outcomes.append([index, words])

                kind, at, is_over = stream(request, data, at, told)
                if not is_over:
                    state = "waiting"
                    break
                unfinished.discard(index)
            else:
                if request.opcode is not None:
                    kind, words, parts, end = packet_reply(request, data, at)
                else:
                    kind, words, parts, end = reply(request, data, at)
                replies += [[index, start, stop] for start, stop in parts]
                outcomes.append([index, words])
                at = end
            error = error or bool(kind)
            # An error line with data behind its request: the data may have been run as commands.
            unsure = kind in ("command", "client", "unauthenticated") and request.has_data and request.opcode is None
            # Packets that are refused for want of a login close the connection; a login that is refused does not.
            is_closed = kind == "client" or kind == "unauthenticated" and request.opcode != 0x21
            if unsure or kind in ("too many", "fatal") or request.opcode is not None and is_closed:
                state = "broken"
                break
        if state == "kept" and at < len(data):
            state = "broken"
            error = error or bool(failure(data[at:].split(b"\r\n")[0]))
    except Malformed:
        state = "broken"
        line = data[at:].split(b"\r\n")[0]
        refused = line.split(b" ")[0] in REFUSALS
        error = error or refused or bool(failure(line)) or data[at + 6:at + 8] != b"\0\0" and is_binary
    except More:
        state = "waiting"
    answered = {index for index, _ in outcomes} - unfinished
    due = [i for i, request in enumerate(asked) if not request.silent and not request.quiet]
    owed = 0 if state == "broken" else sum(index not in answered for index in due)
    if record["closed_by_server"] and state != "broken":
        error = error or not data
        state = "closed"
    return {
        "id": record["id"], "requests": len(asked), "replies": replies, "outcomes": outcomes, "owed": owed, "state": state, "error": error,
    }


def content(folder, record, name):
    if name + "_file" in record:
        return (folder / record[name + "_file"]).read_bytes()
    return bytes.fromhex(record[name + "_hex"])


def main():
    folder = pathlib.Path(sys.argv[1])
    watching = {}
    for path in sorted(folder.glob("memcached_*.jsonl")):
        for line in path.read_text().splitlines():
            record = json.loads(line)
            if "id" not in record or record["transport"] == "udp":
                continue
            sent, data = content(folder, record, "request"), content(folder, record, "response")
            place = tuple(record.get(name) for name in ("category", "scenario", "config", "conn"))
            before = watching.pop(place, (b"", b""))
            sent, data = before[0] + sent, before[1] + data
            if sent.startswith(b"watch") and data.startswith(b"OK") and not record["closed_by_server"]:
                watching[place] = (sent, data)
            print(json.dumps(read(record, sent, data)))


if __name__ == "__main__":
    main()
