// Against docs/signing-vectors.json, which the Rust types make.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { type Hex, getAddress, hashDomain, hashStruct, hashTypedData, keccak256, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { type Fill, checkNotice, fill, leaf, root, signBatch, signCancel, signRead, termsHash, types, units } from "../src/index.js";
import { ESCROW, RELAYER } from "../src/signing.js";

const vectors = JSON.parse(readFileSync(new URL("../../../../docs/signing-vectors.json", import.meta.url), "utf8"));
const key = privateKeyToAccount(vectors.key);
const { separator: _, ...escrow } = vectors.domains.escrow;
const deployment = { chainId: escrow.chainId, escrow: getAddress(escrow.verifyingContract) };

test("definitions are the ones of the page", () => {
  for (const [name, fields] of Object.entries(types)) assert.deepEqual(vectors.types[name].structs[name], fields);
  assert.equal(vectors.domains.escrow.name, ESCROW);
  assert.equal(vectors.domains.relayer.name, RELAYER);
});

test("every message has its hash and signature", async () => {
  assert.equal(key.address, getAddress(vectors.address));
  assert.ok(vectors.messages.length > 10);
  for (const vector of vectors.messages) {
    const { separator, ...domain } = vectors.domains[vector.domain];
    const typed = { types: vectors.types[vector.type].structs, primaryType: vector.type, message: vector.message };
    const domainTypes = { EIP712Domain: ["name:string", "version:string", "chainId:uint256", "verifyingContract:address"] };
    const fields = domainTypes.EIP712Domain.map((field) => ({ name: field.split(":")[0]!, type: field.split(":")[1]! }));
    assert.equal(hashDomain({ domain, types: { EIP712Domain: fields } }), separator);
    assert.equal(hashStruct({ types: typed.types, primaryType: vector.type, data: vector.message }), vector.structHash, vector.type);
    assert.equal(hashTypedData({ domain, ...typed }), vector.signed.digest);
    assert.equal(await key.signTypedData({ domain, ...typed }), vector.signed.signature);
  }
});

test("roots", () => {
  for (const vector of vectors.roots) {
    const leaves = Array.from({ length: vector.count }, (_, place) => keccak256(toHex(place % 256, { size: 1 })));
    assert.equal(root(leaves), vector.root, String(vector.count));
  }
  assert.equal(root([]), `0x${"00".repeat(32)}`);
});

test("batches step by step", async () => {
  for (const vector of vectors.batches) {
    const { firstSequence, previousBatchHash, fills } = vector.request as { firstSequence: number; previousBatchHash: Hex; fills: Fill[] };
    assert.deepEqual(fills.map(termsHash), vector.termsHashes);
    const leaves = fills.map((fill, place) => leaf(fill, firstSequence + place));
    assert.deepEqual(leaves, vector.leaves);
    assert.equal(root(leaves), vector.fillsRoot);
    const batch = await signBatch(key, deployment, firstSequence, previousBatchHash, fills);
    assert.equal(batch.hash, vector.batchHash);
    assert.deepEqual(batch.request, { ...vector.request, venue: key.address, signature: vector.signed.signature });
  }
});

test("requests to a relayer", async () => {
  const find = (name: string) => vectors.messages.find((vector: { type: string }) => vector.type === name);
  const [read, cancel] = [find("Read"), find("Cancel")];
  const { host, path, expiresAt } = read.message;
  const header = await signRead(key, deployment, host, path, Number(expiresAt));
  assert.ok(header.endsWith(`signature=${read.signed.signature}`));
  const { firstSequence, count } = cancel.message;
  const body = await signCancel(key, deployment, Number(firstSequence), Number(count));
  assert.equal(body.signature, cancel.signed.signature);
});

test("notices of a relayer", async () => {
  const { message, signed } = vectors.messages.find((vector: { type: string }) => vector.type === "Notice");
  const sent = Number(message.sentAt);
  const good = {
    relayer: key.address, venue: message.venue, url: message.url, body: new TextEncoder().encode("{}"), now: sent,
    header: `address=${key.address}, sent=${sent}, signature=${signed.signature}`,
  };
  for (const right of [{}, { now: sent + 300 }]) assert.ok(await checkNotice(deployment, { ...good, ...right }));
  const headers = ["", "sent=1", `sent=${sent}, signature=0x`, `sent=${sent}, signature=0x${"00".repeat(65)}`, `sent=x, signature=${signed.signature}`];
  const wrong = [
    { now: sent + 301 }, { now: sent - 301 }, { url: "https://other.example/" }, { body: new Uint8Array() },
    { relayer: deployment.escrow }, ...headers.map((header) => ({ header })),
  ];
  for (const part of wrong) assert.ok(!(await checkNotice(deployment, { ...good, ...part })), JSON.stringify(part));
});

test("decimals are exact", () => {
  assert.deepEqual(["1.5", "0.00000001", "92233720368.54775807"].map(units), [150_000_000n, 1n, 2n ** 63n - 1n]);
  for (const wrong of ["1e3", "-1", "+1", ".5", "1.", "1,5", " 1", "1.123456789", "", "١"]) {
    assert.throws(() => units(wrong), RangeError, wrong);
  }
});

test("a batch has fills, and numbers are whole", async () => {
  const one = fill({ buyerAccount: 1, sellerAccount: 2, instrument: "BTC-PERP", quantity: "1", price: "1", matchedAt: 1, settleBy: 2 });
  for (const fills of [[], Array(257).fill(one), [{ ...one, matchedAt: 1.5 }], [{ ...one, buyerAccount: -1 }]]) {
    await assert.rejects(signBatch(key, deployment, 1, `0x${"00".repeat(32)}`, fills), RangeError);
  }
  const { salt, ...terms } = one;
  assert.match(salt, /^0x[0-9a-f]{64}$/);
  assert.notEqual(fill(terms).salt, salt);
});
