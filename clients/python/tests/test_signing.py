"""Against docs/signing-vectors.json, which the Rust types make."""

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak
from plumbline import Deployment, Fill, check_notice, sign_batch, sign_cancel, sign_read
from plumbline.signing import ESCROW, RELAYER, TYPES, root, units


def convert(structs, name, message):
    """Decimal strings of integers to integers, as eth-account wants them."""

    def one(of, value):
        if of.endswith("[]"):
            return [one(of[:-2], item) for item in value]
        if of in structs:
            return convert(structs, of, value)
        return int(value) if of.startswith(("uint", "int")) else value

    return {field["name"]: one(field["type"], message[field["name"]]) for field in structs[name]}


def test_definitions_are_the_ones_of_the_page(vectors):
    for name, fields in TYPES.items():
        assert vectors["types"][name]["structs"][name] == fields
    domains = vectors["domains"]
    assert (domains["escrow"]["name"], domains["relayer"]["name"]) == (ESCROW, RELAYER)


def test_every_message_has_its_hash_and_signature(vectors):
    key = Account.from_key(vectors["key"])
    assert key.address.lower() == vectors["address"]
    assert len(vectors["messages"]) > 10
    for vector in vectors["messages"]:
        domain = {name: value for name, value in vectors["domains"][vector["domain"]].items() if name != "separator"}
        structs = vectors["types"][vector["type"]]["structs"]
        message = convert(structs, vector["type"], vector["message"])
        typed = encode_typed_data(full_message=full(domain, structs, vector["type"], message))
        assert "0x" + typed.header.hex() == vectors["domains"][vector["domain"]]["separator"]
        assert "0x" + typed.body.hex() == vector["structHash"], vector["type"]
        digest = keccak(b"\x19\x01" + typed.header + typed.body)
        assert "0x" + digest.hex() == vector["signed"]["digest"]
        assert "0x" + bytes(key.sign_message(typed).signature).hex() == vector["signed"]["signature"]


def full(domain, structs, name, message):
    fields = {"name": "string", "version": "string", "chainId": "uint256", "verifyingContract": "address"}
    domain_type = [{"name": field, "type": of} for field, of in fields.items()]
    return {"types": {"EIP712Domain": domain_type, **structs}, "primaryType": name, "domain": domain, "message": message}


def test_roots(vectors):
    for vector in vectors["roots"]:
        leaves = [keccak(bytes([place % 256])) for place in range(vector["count"])]
        assert "0x" + root(leaves).hex() == vector["root"], vector["count"]
    assert root([]) == bytes(32)


def test_batches_step_by_step(vectors):
    key, deployment = Account.from_key(vectors["key"]), deployment_of(vectors)
    for vector in vectors["batches"]:
        request = vector["request"]
        first = request["firstSequence"]
        fills = [fill(shown) for shown in request["fills"]]
        assert ["0x" + one.terms_hash().hex() for one in fills] == vector["termsHashes"]
        leaves = [one.leaf(first + place) for place, one in enumerate(fills)]
        assert ["0x" + leaf.hex() for leaf in leaves] == vector["leaves"]
        assert "0x" + root(leaves).hex() == vector["fillsRoot"]
        batch = sign_batch(key, deployment, first, request["previousBatchHash"], fills)
        assert batch.hash == vector["batchHash"]
        assert batch.request == {**request, "venue": key.address, "signature": vector["signed"]["signature"]}
        assert batch.next_sequence == first + len(fills)


def test_requests_to_a_relayer(vectors):
    key, deployment = Account.from_key(vectors["key"]), deployment_of(vectors)
    found = {vector["type"]: vector for vector in vectors["messages"]}
    read, cancel = found["Read"], found["Cancel"]
    message = read["message"]
    header = sign_read(key, deployment, message["host"], message["path"], int(message["expiresAt"]))
    assert header.endswith(f"signature={read['signed']['signature']}")
    message = cancel["message"]
    body = sign_cancel(key, deployment, int(message["firstSequence"]), int(message["count"]))
    assert body["signature"] == cancel["signed"]["signature"]


def test_notices_of_a_relayer(vectors):
    notice = next(vector for vector in vectors["messages"] if vector["type"] == "Notice")
    message, signature = notice["message"], notice["signed"]["signature"]
    relayer, sent = vectors["address"], int(message["sentAt"])

    def check(url=message["url"], body=b"{}", by=relayer, header=f"address={relayer}, sent={sent}, signature={signature}", now=sent):
        return check_notice(deployment_of(vectors), by, message["venue"], url, header, body, now)

    assert check() and check(now=sent + 300)
    assert not check(now=sent + 301) and not check(now=sent - 301)
    assert not check(url="https://other.example/") and not check(body=b"{ }") and not check(by="0x" + "11" * 20)
    for header in ["", "sent=1", f"sent={sent}, signature=0x", f"sent={sent}, signature=0x{'00' * 65}", f"sent=x, signature={signature}"]:
        assert not check(header=header), header


def deployment_of(vectors):
    domain = vectors["domains"]["escrow"]
    return Deployment(domain["chainId"], domain["verifyingContract"])


def fill(shown):
    return Fill(
        shown["buyerAccount"], shown["sellerAccount"], shown["instrument"], shown["quantity"], shown["price"],
        shown["matchedAt"], shown["settleBy"], shown["group"], shown["salt"],
    )


def test_decimals_are_exact():
    assert (units("1.5"), units("0.00000001"), units("92233720368.54775807")) == (150_000_000, 1, 2**63 - 1)
    for wrong in ["1e3", "-1", "+1", ".5", "1.", "1,5", " 1", "1.123456789", "", "١"]:
        with pytest.raises(ValueError):
            units(wrong)
    with pytest.raises(ValueError):
        units(1.5)  # type: ignore[arg-type]


def test_a_batch_has_fills():
    key = Account.create()
    for count in (0, 257):
        with pytest.raises(ValueError):
            sign_batch(key, Deployment(1, "0x" + "11" * 20), 1, "0x" + "00" * 32, [None] * count)


def test_salts_differ():
    assert Fill(1, 2, "BTC-PERP", "1", "1", 1, 2).salt != Fill(1, 2, "BTC-PERP", "1", "1", 1, 2).salt
