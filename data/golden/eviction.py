#!/usr/bin/env python3
"""Writes eviction_<policy>.txt: what each eviction policy does with one trace, told by the plainest program that follows its definition.

Every policy looks at all that is held, for every victim anew; nothing is sorted, sketched or shared with the C++ sources. Counts of
what is not held are exact here; the library's sketch gives the same for so few keys.

  gdsf   rank = L + h * cost / bytes, h = 1/2 for the first request and the number of requests after it, those before this stay
         included; who has the lowest rank leaves, and of equals who was not used for longest. A newcomer passes by where a victim ranks
         above it. Each eviction of one that ranks above L, from among n, takes L the part min(1, 16 / n) of the way to that rank.
  lru    who was not used for longest            lfu   who has the fewest requests since it came, then as lru
  fifo   who came first                          ttl   who expires first, then who came first; what never expires last

A line is a request: name, bytes, cost in ns, expiry in s or -, and what came of it: "a" a hit, "A" it came in, "D-AB" it came in for A and
B, "(E)" it passed by.
"""
import math
import pathlib
import random

BUDGET = 100
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def trace():
    """500 requests: popular names more often, each with its bytes, cost and expiry; popularity turns half-way."""
    dice = random.Random(20261122)
    facts = {name: (dice.randint(1, 40), dice.choice([5, 40, 300, 2000, 15000]), dice.choice([None, dice.randint(1, 99)])) for name in LETTERS}
    for step in range(500):
        place = min(int(dice.expovariate(0.25)), 25)
        name = LETTERS[(place + (13 if step >= 250 else 0)) % 26]
        yield (name, *facts[name])


class Held:
    def __init__(self, name, size, cost, expires, requests, clock):
        self.name, self.size, self.cost, self.expires = name, size, cost, expires
        self.requests, self.came, self.used = requests, clock, clock
        self.rank = 0.0


def tell(policy):
    held, known, level, clock = {}, {}, 0.0, 0

    def rank(one):
        if policy == "gdsf":
            return level + (0.5 if one.requests <= 1 else float(one.requests)) * float(one.cost) / float(one.size)
        if policy == "ttl":
            return math.inf if one.expires is None else float(one.expires)
        return float({"lru": one.used, "lfu": one.requests, "fifo": one.came}[policy])

    def order(one):
        return (one.rank, one.came if policy in ("fifo", "ttl") else one.used)

    for name, size, cost, expires in trace():
        clock += 1
        if name in held:
            held[name].requests += 1
            held[name].used = clock
            held[name].rank = rank(held[name])
            yield name, size, cost, expires, name.lower()
            continue
        clock += 1
        before = known.get(name, 0) if policy == "gdsf" else 0
        newcomer = Held(name, size, cost, expires, 1 + before, clock)
        newcomer.rank = rank(newcomer)
        known[name] = max(known.get(name, 0), newcomer.requests)
        victims, freed = [], BUDGET - sum(one.size for one in held.values())
        while freed < size:
            victim = min((one for one in held.values() if one not in victims), key=order)
            if policy == "gdsf" and victim.rank > newcomer.rank:
                break
            victims.append(victim)
            freed += victim.size
        if freed < size:
            yield name, size, cost, expires, f"({name})"
            continue
        for victim in victims:
            if victim.rank > level:
                level += min(1.0, 16 / len(held)) * (victim.rank - level)
            known[victim.name] = max(known.get(victim.name, 0), victim.requests)
            del held[victim.name]
        newcomer.rank = rank(newcomer)
        held[name] = newcomer
        yield name, size, cost, expires, name + ("-" + "".join(victim.name for victim in victims) if victims else "")


for policy in ("gdsf", "lru", "lfu", "fifo", "ttl"):
    lines = [f"{name} {size} {cost} {'-' if expires is None else expires} {told}" for name, size, cost, expires, told in tell(policy)]
    pathlib.Path(__file__).with_name(f"eviction_{policy}.txt").write_text(f"# by eviction.py; budget {BUDGET} bytes\n" + "\n".join(lines) + "\n")
