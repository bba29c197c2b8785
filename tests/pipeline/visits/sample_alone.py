"""Draw a sample again from what was published: sample_alone.py LISTS.json SEED [WORD] prints it."""

import hashlib
import hmac
import json
import sys
from pathlib import Path

text = Path(sys.argv[1]).read_bytes()
key = bytes.fromhex(sys.argv[2]) + "".join(sys.argv[3:]).encode()
digest, said = hashlib.sha256(text).hexdigest(), json.loads(text)


def lot(*words):
    return hmac.new(key, ":".join((digest, *words)).encode(), "sha256").hexdigest()


parts, drawn = said["parts"], {}
free = sum(map(len, parts.values()))
size = min(free, said["number"] or -(-said["share"] * (free + len(said["owed"])) // 1_000_000))
places = {part: size * len(cases) // free for part, cases in parts.items()}
order = sorted(parts, key=lambda part: (-(size * len(parts[part]) % free), lot("part", part)))
for part in order[: size - sum(places.values())]:
    places[part] += 1
for part, cases in parts.items():
    drawn[part] = sorted(sorted(cases, key=lambda case: lot("case", case))[: places[part]])
print(json.dumps(drawn, separators=(",", ":"), sort_keys=True))
