"""A venue: one batch of two fills, followed until each has ended.

    RELAYER=http://127.0.0.1:8080 VENUE_KEY=0x… BUYER=1 SELLER=2 python venue.py
"""

import os

from plumbline import Fill, Problem, Relayer

ENDS = {"settled", "lapsed", "rejected"}

with Relayer(os.environ["RELAYER"], os.environ["VENUE_KEY"]) as relayer:
    now = relayer.time()["chain"]
    buyer, seller = int(os.environ["BUYER"]), int(os.environ["SELLER"])
    fills = [
        Fill(buyer, seller, instrument, quantity, price, matched_at=now, settle_by=now + 30_000)
        for instrument, quantity, price in [("BTC-PERP", "0.1", "113000"), ("ETH-PERP", "1.5", "3830")]
    ]
    cursor = relayer.venue()["lastEvent"]
    try:
        relayer.dry_run(fills)
        accepted = relayer.submit(fills)
    except Problem as problem:
        raise SystemExit(f"refused: {problem}")
    print("on disk:", accepted["batchId"])

    open_fills = set(accepted["fills"])
    for event in relayer.follow(after=cursor):
        print(event.cursor, event.fill["id"], event.fill["state"])
        if event.fill["state"] in ENDS:
            open_fills.discard(event.fill["id"])
        if not open_fills:
            break
