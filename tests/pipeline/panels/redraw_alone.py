"""Draw again what was published: redraw_alone.py LISTS.json SEED [WORD] prints the outcome."""
import hashlib, hmac, json, sys
text, key = open(sys.argv[1], "rb").read(), bytes.fromhex(sys.argv[2]) + "".join(sys.argv[3:]).encode()
digest, said, held = hashlib.sha256(text).hexdigest(), json.loads(text), {}
lot = lambda *words: hmac.new(key, ":".join((digest, *map(str, words))).encode(), "sha256").hexdigest()
barred = {tuple(pair) for pair in said["barred"]}
seated = sorted(said["experts"], key=lambda one: lot("expert", one))[: said["seats"]]
for new in [case for case in sorted(said["cases"], key=lambda case: lot("case", case)) for _ in range(said["each"])]:
    came, via, queue, _ = {}, {new: ""}, [new], held.setdefault(new, [])
    for case in queue:  # who can be had for the new case, directly or by exchanges
        for one in [x for x in seated if x not in came and x not in held[case] and (x, case) not in barred]:
            came[one] = case
            queue += [via.setdefault(x, one) and x for x in held if one in held[x] and x not in via]
    load = {one: sum(one in experts for experts in held.values()) for one in seated}
    able = [one for one in came if load[one] < said["most"]]
    one = min(able, key=lambda one: (load[one], came[one] != new, lot("load", load[one], one)))
    while one:  # take the case; who gave one up for it takes the case before, and so on
        held[case := came[one]].append(one)
        (one := via[case]) and held[case].remove(one)
print(json.dumps({"seated": seated, "tasks": {c: sorted(held[c]) for c in sorted(held)}}, separators=(",", ":"), sort_keys=True))
