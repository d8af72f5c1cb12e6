"""Typed data, leaves and roots as docs/signing.md defines them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from eth_abi import encode
from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_keys.exceptions import BadSignature, ValidationError
from eth_utils import keccak, to_checksum_address

ESCROW = "Plumbline Margin Escrow"
RELAYER = "Plumbline Relayer"
ZERO = "0x" + "00" * 32
#: Most fills in a batch.
MOST_FILLS = 256

TYPES: dict[str, list[dict[str, str]]] = {
    "FillBatch": [
        {"name": "venue", "type": "address"},
        {"name": "firstSequence", "type": "uint64"},
        {"name": "count", "type": "uint32"},
        {"name": "fillsRoot", "type": "bytes32"},
        {"name": "previousBatchHash", "type": "bytes32"},
    ],
    "Read": [
        {"name": "host", "type": "string"},
        {"name": "path", "type": "string"},
        {"name": "expiresAt", "type": "uint64"},
    ],
    "Cancel": [
        {"name": "venue", "type": "address"},
        {"name": "firstSequence", "type": "uint64"},
        {"name": "count", "type": "uint32"},
    ],
    "Notice": [
        {"name": "venue", "type": "address"},
        {"name": "url", "type": "string"},
        {"name": "sentAt", "type": "uint64"},
        {"name": "body", "type": "bytes32"},
    ],
}

_DECIMAL = re.compile(r"[0-9]+(\.[0-9]+)?", re.ASCII)


@dataclass(frozen=True)
class Deployment:
    """The chain and escrow that a relayer serves."""

    chain_id: int
    escrow: str

    def domain(self, name: str) -> dict[str, Any]:
        return {"name": name, "version": "1", "chainId": self.chain_id, "verifyingContract": self.escrow}


@dataclass(frozen=True)
class Fill:
    """A trade between two accounts. Times are milliseconds of the chain, quantity and price decimal strings."""

    buyer_account: int
    seller_account: int
    instrument: str
    quantity: str
    price: str
    matched_at: int
    settle_by: int
    #: 0, or 256 × legs + a number below 256: fills of the batch that settle together.
    group: int = 0
    salt: str = field(default_factory=lambda: "0x" + secrets.token_hex(32))

    def terms_hash(self) -> bytes:
        name = self.instrument.encode("ascii")
        if len(name) > 32:
            raise ValueError(f"instrument {self.instrument}: longer than 32 characters")
        terms = (_bytes32(self.salt), name.ljust(32, b"\0"), units(self.quantity), units(self.price))
        return keccak(encode(["bytes32", "bytes32", "uint64", "uint64"], terms))

    def leaf(self, sequence: int) -> bytes:
        accounts = (self.buyer_account, self.seller_account)
        words = (sequence, *accounts, self.matched_at, self.settle_by, self.group, self.terms_hash())
        return keccak(encode(["uint64"] * 6 + ["bytes32"], words))

    def json(self) -> dict[str, Any]:
        return {
            "buyerAccount": self.buyer_account,
            "sellerAccount": self.seller_account,
            "matchedAt": self.matched_at,
            "settleBy": self.settle_by,
            "group": self.group,
            "salt": self.salt,
            "instrument": self.instrument,
            "quantity": self.quantity,
            "price": self.price,
        }


@dataclass(frozen=True)
class Batch:
    """A signed batch: ``request`` is what is posted, ``hash`` the next batch's ``previousBatchHash``."""

    request: dict[str, Any]
    hash: str

    @property
    def next_sequence(self) -> int:
        return self.request["firstSequence"] + len(self.request["fills"])


def units(decimal: str) -> int:
    """Units of 1e-8 of a decimal string, exactly."""
    if not isinstance(decimal, str) or not _DECIMAL.fullmatch(decimal):
        raise ValueError(f"{decimal!r} is no decimal string such as '1.5'")
    whole, _, fraction = decimal.partition(".")
    if len(fraction) > 8:
        raise ValueError(f"{decimal}: at most 8 decimals")
    return int(whole + fraction.ljust(8, "0"))


def root(leaves: Sequence[bytes]) -> bytes:
    """Split at the largest power of two below their number; zero for none."""
    if not leaves:
        return bytes(32)
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return keccak(root(leaves[:split]) + root(leaves[split:]))


def sign_batch(
    key: LocalAccount, deployment: Deployment, first_sequence: int, previous: str, fills: Sequence[Fill]
) -> Batch:
    """The next batch of the venue whose key it is."""
    if not 1 <= len(fills) <= MOST_FILLS:
        raise ValueError(f"{len(fills)} fills: a batch has 1 to {MOST_FILLS}")
    fills_root = root([fill.leaf(first_sequence + place) for place, fill in enumerate(fills)])
    message = {
        "venue": key.address,
        "firstSequence": first_sequence,
        "count": len(fills),
        "fillsRoot": fills_root,
        "previousBatchHash": _bytes32(previous),
    }
    typed = typed_data(deployment.domain(ESCROW), "FillBatch", message)
    request = {
        "venue": key.address,
        "firstSequence": first_sequence,
        "previousBatchHash": previous,
        "signature": _sign(key, typed),
        "fills": [fill.json() for fill in fills],
    }
    return Batch(request, "0x" + typed.body.hex())


def sign_cancel(key: LocalAccount, deployment: Deployment, first_sequence: int, count: int) -> dict[str, Any]:
    """Body of a cancellation of ``count`` fills from ``first_sequence`` on."""
    message = {"venue": key.address, "firstSequence": first_sequence, "count": count}
    signature = _sign(key, typed_data(deployment.domain(RELAYER), "Cancel", message))
    return {**message, "signature": signature}


def sign_read(key: LocalAccount, deployment: Deployment, host: str, path: str, expires_at: int) -> str:
    """The header ``Authorization`` of a read of ``path``, query included, at ``host`` with its port."""
    message = {"host": host, "path": path, "expiresAt": expires_at}
    signature = _sign(key, typed_data(deployment.domain(RELAYER), "Read", message))
    return f"Plumbline address={key.address}, expires={expires_at}, signature={signature}"


def check_notice(deployment: Deployment, relayer: str, venue: str, url: str, header: str, body: bytes, now: int) -> bool:
    """Whether ``relayer`` signed what was posted to ``url`` with this header ``Plumbline-Signature``, within 300 s of ``now``.

    ``relayer`` is the address that its status shows. A post may come twice: events have numbers.
    """
    parts = dict(part.split("=", 1) for part in header.split(", ") if "=" in part)
    try:
        sent, signature = int(parts["sent"]), bytes.fromhex(parts["signature"].removeprefix("0x"))
        if len(signature) != 65:
            return False
        message = {"venue": venue, "url": url, "sentAt": sent, "body": keccak(body)}
        signer = Account.recover_message(typed_data(deployment.domain(RELAYER), "Notice", message), signature=signature)
    except (KeyError, ValueError, BadSignature, ValidationError):
        return False
    return signer == to_checksum_address(relayer) and abs(now - sent) <= 300


def typed_data(domain: dict[str, Any], name: str, message: dict[str, Any]) -> SignableMessage:
    """Its ``header`` is the domain's separator, its ``body`` the struct hash."""
    domain = {**domain, "verifyingContract": to_checksum_address(domain["verifyingContract"])}
    return encode_typed_data(domain, {name: TYPES[name]}, message)


def _sign(key: LocalAccount, typed: SignableMessage) -> str:
    return "0x" + bytes(key.sign_message(typed).signature).hex()


def _bytes32(text: str) -> bytes:
    value = bytes.fromhex(text.removeprefix("0x"))
    if len(value) != 32:
        raise ValueError(f"{text}: 32 bytes in hexadecimal are expected")
    return value
