"""Against a relayer that runs; `cargo xtask test` starts one."""

import itertools
import os
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest
from plumbline import Deployment, Fill, Problem, Relayer, Unreachable


@pytest.fixture(scope="module")
def venue(system):
    with Relayer(system["relayer"], system["keys"]["venue-0"]) as relayer:
        yield relayer


def fills(system, relayer, count=1, quantity="0.01"):
    buyer, seller = (system["deployment"]["accounts"][desk] for desk in ("desk-0", "desk-1"))
    now = relayer.time()["chain"]
    return [Fill(buyer, seller, "BTC-PERP", quantity, "113000", now, now + 60_000) for _ in range(count)]


def test_a_batch_settles_and_events_tell_it(system, venue):
    before = venue.venue()["lastEvent"]
    accepted = venue.submit(fills(system, venue, 3))
    settled = set()
    for event in itertools.islice(venue.follow(after=before), 6):
        assert event.fill["number"] == event.cursor
        if event.fill["state"] == "settled":
            settled.add(event.fill["id"])
    assert settled == set(accepted["fills"])
    first = int(accepted["batchId"].rsplit("-", 1)[1])
    batch = venue.batch(first)
    assert (batch["batchHash"], batch["states"], batch["ended"]) == (accepted["batchHash"], {"settled": 3}, True)
    assert venue.fill(first)["state"] == "settled"
    assert accepted["fills"][0] in [fill["id"] for fill in venue.fills(after=first - 1)]


def test_the_next_process_goes_on_where_the_last_one_was(system, venue):
    with Relayer(system["relayer"], venue.key) as next_process:
        accepted = next_process.submit(fills(system, venue))
    venue.synchronise()
    assert venue.venue()["lastBatchHash"] == accepted["batchHash"]
    venue.submit(fills(system, venue))


def test_one_batch_sent_twice_is_taken_once(system, venue):
    batch = venue.sign(fills(system, venue))
    assert venue.submit(batch) == venue.submit(batch)


def test_an_answer_that_is_lost_is_asked_for_again(system, venue):
    """The first answer gets lost on its way: the batch is there, and the client learns it."""

    class Lossy(httpx.BaseTransport):
        def __init__(self):
            self.inner, self.posts = httpx.HTTPTransport(), []

        def handle_request(self, request):
            response = self.inner.handle_request(request)
            if request.method == "POST":
                self.posts.append(request.read())
                if len(self.posts) == 1:
                    raise httpx.ReadError("lost")
            return response

    with Relayer(system["relayer"], venue.key) as lossy:
        batch = lossy.sign(fills(system, venue))
        lossy._http._transport = transport = Lossy()
        accepted = lossy.submit(batch)
    assert len(transport.posts) == 2 and transport.posts[0] == transport.posts[1]
    assert venue.fill(batch.request["firstSequence"])["id"] == accepted["fills"][0]
    venue.synchronise()


def test_refusals_have_their_kind(system, venue):
    with pytest.raises(Problem) as refused:
        venue.dry_run(fills(system, venue, quantity="0"))
    assert (refused.value.status, refused.value.code, refused.value.field) == (422, "invalid-body", "/fills/0/quantity")
    batch = venue.sign(fills(system, venue))
    venue.submit(batch)
    with Relayer(system["relayer"], venue.key) as stale:
        stale._next = (batch.request["firstSequence"], batch.request["previousBatchHash"])
        with pytest.raises(Problem) as refused:
            stale.submit(fills(system, venue))
        assert refused.value.code == "sequence-replayed"
        stale.submit(fills(system, venue))
    venue.synchronise()


def test_what_is_another_venues_is_refused(system, venue):
    sequence = venue.venue()["nextSequence"] - 1
    with Relayer(system["relayer"], system["keys"]["venue-1"]) as other:
        for path in (f"/v1/fills/{venue.address}-{sequence}", f"/v1/venues/{venue.address}"):
            with pytest.raises(Problem) as refused:
                other._get(path)
            assert (refused.value.status, refused.value.code) == (403, "not-yours")
    with Relayer(system["relayer"], system["keys"]["desk-0"]) as desk:
        account = system["deployment"]["accounts"]["desk-0"]
        assert desk.account(account)["pledgor"].lower() == desk.address.lower()
        with pytest.raises(Problem):
            desk.account(account + 1)
    with Relayer(system["relayer"], venue.key) as wrong:
        wrong.deployment = Deployment(1, venue.deployment.escrow)
        with pytest.raises(Problem) as refused:
            wrong.venue()
        assert refused.value.code == "signature-invalid"


def test_a_fill_that_waits_is_taken_back(system, venue):
    accepted = venue.submit(fills(system, venue, quantity="90000"))
    sequence = int(accepted["fills"][0].rsplit("-", 1)[1])
    venue.wait(sequence, ["waiting"])
    assert venue.cancel(sequence)["cancelled"] == accepted["fills"]
    assert venue.fill(sequence)["state"] == "cancelled"
    assert venue.cancel(sequence + 1)["refused"][0]["state"] == "unknown"


def test_a_party_has_its_account_stated(system, venue):
    venue.submit(fills(system, venue))
    number = system["deployment"]["accounts"]["desk-0"]
    with Relayer(system["relayer"], system["keys"]["desk-0"]) as desk:
        asked = desk.ask_statement(number)
        assert asked["account"] == number
        stated = desk.wait_statement(number, asked["slot"])
        assert stated["slot"] > asked["slot"] and desk.evidence(number)["sequence"] >= stated["sequence"]
        assert [claim for claim in desk.claims(number, "open")] == []
        with pytest.raises(Problem) as refused:
            desk.ask_statement(number + 1)
        assert (refused.value.status, refused.value.code) == (403, "not-yours")


def test_nobody_there():
    with Relayer("http://127.0.0.1:1", "0x" + "11" * 32, patience=0.3) as relayer:
        with pytest.raises(Unreachable):
            relayer.time()


def test_markets_and_time(venue):
    assert "BTC-PERP" in [market["perpetual"] for market in venue.markets()]
    assert venue.time()["now"] > 1_700_000_000_000


def test_the_example(system):
    """As a program of its own, with nothing but what its text says."""
    accounts = system["deployment"]["accounts"]
    environment = {
        **os.environ,
        "RELAYER": system["relayer"],
        "VENUE_KEY": system["keys"]["venue-1"],
        "BUYER": str(accounts["desk-2"]),
        "SELLER": str(accounts["desk-3"]),
    }
    example = Path(__file__).parents[1] / "examples/venue.py"
    done = subprocess.run([sys.executable, example], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("settled") == 2, done.stdout


def test_follow_goes_on_after_a_break(system, venue):
    """The first connection breaks after its first event."""
    before = venue.venue()["lastEvent"]
    venue.submit(fills(system, venue, 2))

    class Breaking(httpx.BaseTransport):
        def __init__(self):
            self.inner, self.opened = httpx.HTTPTransport(), 0

        def handle_request(self, request):
            response = self.inner.handle_request(request)
            if "/events" in request.url.path:
                self.opened += 1
                if self.opened == 1:
                    response.stream = Half(response.stream)
            return response

    class Half(httpx.SyncByteStream):
        def __init__(self, inner):
            self.inner = inner

        def __iter__(self):
            text = b""
            for part in self.inner:
                text += part
                # `open`, and the first event.
                if text.count(b"\n\n") >= 2:
                    yield b"\n\n".join(text.split(b"\n\n")[:2]) + b"\n\n"
                    raise httpx.ReadError("broken")

        def close(self):
            self.inner.close()

    with Relayer(system["relayer"], venue.key) as reader:
        reader.deployment = venue.deployment
        reader._http._transport = transport = Breaking()
        cursors = [event.cursor for event in itertools.islice(reader.follow(after=before), 4)]
    assert cursors == [before + 1, before + 2, before + 3, before + 4]
    assert transport.opened == 2


def test_threads_may_follow_and_submit(system, venue):
    seen, before = [], venue.venue()["lastEvent"]

    def follow():
        with Relayer(system["relayer"], venue.key) as reader:
            seen.extend(event.fill["state"] for event in itertools.islice(reader.follow(after=before), 2))

    reader = threading.Thread(target=follow)
    reader.start()
    venue.submit(fills(system, venue))
    reader.join(30)
    assert seen == ["accepted", "settled"]
