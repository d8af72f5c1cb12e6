// Against a relayer that runs; `cargo xtask test` starts one.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Problem, Relayer, Unreachable, fill } from "../src/index.js";

const path = process.env.PLUMBLINE_SYSTEM;
const system = path === undefined ? undefined : JSON.parse(readFileSync(path, "utf8"));
const skip = system === undefined && "PLUMBLINE_SYSTEM names no running system; `cargo xtask test` starts one";
const venue = () => new Relayer(system.relayer, system.keys["venue-0"]);

async function fills(relayer: Relayer, count = 1, quantity = "0.01") {
  const { "desk-0": buyerAccount, "desk-1": sellerAccount } = system.deployment.accounts;
  const { chain } = await relayer.time();
  const terms = { buyerAccount, sellerAccount, instrument: "BTC-PERP", quantity, price: "113000" };
  return Array.from({ length: count }, () => fill({ ...terms, matchedAt: chain, settleBy: chain + 60_000 }));
}

async function problem(work: Promise<unknown>): Promise<Problem> {
  const error = await work.then(() => undefined, (error: unknown) => error);
  assert.ok(error instanceof Problem, String(error));
  return error;
}

/** Loses the answer to the first request for which `lost` holds. */
function lossy(lost: (url: string, init: RequestInit) => boolean) {
  const bodies: unknown[] = [];
  const ask = async (url: string, init: RequestInit) => {
    const response = await fetch(url, init);
    if (lost(url, init)) {
      bodies.push(init.body);
      if (bodies.length === 1) throw new TypeError("lost");
    }
    return response;
  };
  return { ask, bodies };
}

test("a batch settles, and events tell it", { skip }, async () => {
  const relayer = venue();
  const { lastEvent } = await relayer.venue();
  const accepted = await relayer.submit(await fills(relayer, 3));
  const settled = new Set<string>();
  for await (const event of relayer.follow(lastEvent)) {
    assert.equal(event.fill.number, event.cursor);
    if (event.fill.state === "settled") settled.add(event.fill.id);
    if (settled.size === 3) break;
  }
  assert.deepEqual([...settled].sort(), [...accepted.fills].sort());
  const first = Number(accepted.batchId.split("-").pop());
  const batch = await relayer.batch(first);
  assert.deepEqual([batch.states, batch.ended, batch.batchHash], [{ settled: 3 }, true, accepted.batchHash]);
  const found = [];
  for await (const one of relayer.fills({ after: first - 1, state: "settled" })) found.push(one.id);
  assert.deepEqual(found.slice(0, 3), accepted.fills);
});

test("an answer that is lost is asked for again, with the same bytes", { skip }, async () => {
  const { ask, bodies } = lossy((_, init) => init.method === "POST");
  const relayer = new Relayer(system.relayer, system.keys["venue-0"], { fetch: ask });
  const accepted = await relayer.submit(await fills(relayer));
  assert.equal(bodies.length, 2);
  assert.equal(bodies[0], bodies[1]);
  const sequence = Number(accepted.fills[0]!.split("-").pop());
  assert.equal((await relayer.wait(sequence)).id, accepted.fills[0]);
});

test("refusals have their kind", { skip }, async () => {
  const [relayer, other] = [venue(), venue()];
  const refused = await problem(relayer.dryRun(await fills(relayer, 1, "0")));
  assert.deepEqual([refused.status, refused.code, refused.field], [422, "invalid-body", "/fills/0/quantity"]);
  const stale = await other.sign(await fills(other));
  await relayer.submit(await fills(relayer));
  assert.equal((await problem(other.submit(stale))).code, "sequence-replayed");
  await other.submit(await fills(other));
});

test("what is another venue's is refused", { skip }, async () => {
  const other = new Relayer(system.relayer, system.keys["venue-1"]);
  const refused = await problem(other.get(`/v1/venues/${venue().address}`));
  assert.deepEqual([refused.status, refused.code], [403, "not-yours"]);
  const desk = new Relayer(system.relayer, system.keys["desk-0"]);
  const number = system.deployment.accounts["desk-0"];
  assert.equal(String((await desk.account(number)).pledgor).toLowerCase(), desk.address.toLowerCase());
  assert.equal((await problem(desk.account(number + 1))).status, 403);
});

test("a party has its account stated", { skip }, async () => {
  const relayer = venue();
  await relayer.submit(await fills(relayer));
  const desk = new Relayer(system.relayer, system.keys["desk-0"]);
  const number = system.deployment.accounts["desk-0"];
  const asked = await desk.askStatement(number);
  assert.equal(asked.account, number);
  assert.ok(Number((await desk.waitStatement(number, asked.slot)).slot) > asked.slot);
  for await (const claim of desk.claims({ account: number, state: "open" })) assert.fail(String(claim.account));
  assert.equal((await problem(desk.askStatement(number + 1))).status, 403);
});

test("a fill that waits is taken back", { skip }, async () => {
  const relayer = venue();
  const accepted = await relayer.submit(await fills(relayer, 1, "90000"));
  const sequence = Number(accepted.fills[0]!.split("-").pop());
  await relayer.wait(sequence, ["waiting"]);
  assert.deepEqual((await relayer.cancel(sequence)).cancelled, accepted.fills);
  assert.equal((await relayer.fill(sequence)).state, "cancelled");
});

test("a stream that breaks goes on where it was", { skip }, async () => {
  const relayer = venue();
  const { lastEvent } = await relayer.venue();
  await relayer.submit(await fills(relayer, 2));
  const { ask, bodies } = lossy((url) => url.includes("/events"));
  const reader = new Relayer(system.relayer, system.keys["venue-0"], { fetch: ask });
  const cursors = [];
  for await (const event of reader.follow(lastEvent)) {
    cursors.push(event.cursor);
    if (cursors.length === 4) break;
  }
  assert.deepEqual(cursors, [1, 2, 3, 4].map((number) => lastEvent + number));
  assert.equal(bodies.length, 2);
});

test("the example, as a program of its own", { skip }, async () => {
  const { "desk-2": BUYER, "desk-3": SELLER } = system.deployment.accounts;
  const env = { ...process.env, RELAYER: system.relayer, VENUE_KEY: system.keys["venue-1"], BUYER, SELLER };
  const example = fileURLToPath(new URL("../examples/venue.js", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [example], { env, timeout: 60_000 });
  assert.equal(stdout.match(/settled/g)?.length, 2, stdout);
});

test("nobody there", async () => {
  const relayer = new Relayer("http://127.0.0.1:1", `0x${"11".repeat(32)}`, { patience: 300 });
  await assert.rejects(relayer.time(), Unreachable);
});
