// Typed data, leaves and roots as docs/signing.md defines them.
import { randomBytes } from "node:crypto";
import {
  type Address, type Hex, type LocalAccount, concat, encodeAbiParameters, hashStruct, hashTypedData, isAddressEqual, keccak256,
  parseAbiParameters, recoverTypedDataAddress, stringToHex,
} from "viem";

export const ESCROW = "Plumbline Margin Escrow";
export const RELAYER = "Plumbline Relayer";
export const ZERO: Hex = `0x${"00".repeat(32)}`;
/** Most fills in a batch. */
export const MOST_FILLS = 256;

export const types = {
  FillBatch: [
    { name: "venue", type: "address" },
    { name: "firstSequence", type: "uint64" },
    { name: "count", type: "uint32" },
    { name: "fillsRoot", type: "bytes32" },
    { name: "previousBatchHash", type: "bytes32" },
  ],
  Read: [
    { name: "host", type: "string" },
    { name: "path", type: "string" },
    { name: "expiresAt", type: "uint64" },
  ],
  Cancel: [
    { name: "venue", type: "address" },
    { name: "firstSequence", type: "uint64" },
    { name: "count", type: "uint32" },
  ],
  Notice: [
    { name: "venue", type: "address" },
    { name: "url", type: "string" },
    { name: "sentAt", type: "uint64" },
    { name: "body", type: "bytes32" },
  ],
} as const;

const TERMS = parseAbiParameters("bytes32, bytes32, uint64, uint64");
const LEAF = parseAbiParameters("uint64, uint64, uint64, uint64, uint64, uint64, bytes32");

/** The chain and escrow that a relayer serves. */
export interface Deployment {
  chainId: number;
  escrow: Address;
}

/** A trade between two accounts. Times are milliseconds of the chain, quantity and price decimal strings. */
export interface Fill {
  buyerAccount: number;
  sellerAccount: number;
  instrument: string;
  quantity: string;
  price: string;
  matchedAt: number;
  settleBy: number;
  /** 0, or 256 × legs + a number below 256: fills of the batch that settle together. */
  group: number;
  /** 32 random bytes. */
  salt: Hex;
}

/** A signed batch: `request` is what is posted, `hash` the next batch's `previousBatchHash`. */
export interface Batch {
  request: { venue: Address; firstSequence: number; previousBatchHash: Hex; signature: Hex; fills: Fill[] };
  hash: Hex;
}

/** A fill with a salt of its own, alone in its group unless said otherwise. */
export function fill(terms: Omit<Fill, "group" | "salt"> & Partial<Pick<Fill, "group" | "salt">>): Fill {
  const salt = randomBytes(32).toString("hex");
  return { group: 0, salt: `0x${salt}`, ...terms };
}

/** Units of 1e-8 of a decimal string, exactly. */
export function units(decimal: string): bigint {
  const parts = /^([0-9]+)(?:\.([0-9]{1,8}))?$/.exec(decimal);
  if (parts === null) throw new RangeError(`${decimal} is no decimal string such as "1.5" with at most 8 decimals`);
  return BigInt(parts[1] + (parts[2] ?? "").padEnd(8, "0"));
}

export function termsHash(fill: Fill): Hex {
  const instrument = stringToHex(fill.instrument, { size: 32 });
  return keccak256(encodeAbiParameters(TERMS, [fill.salt, instrument, units(fill.quantity), units(fill.price)]));
}

export function leaf(fill: Fill, sequence: number): Hex {
  const { buyerAccount, sellerAccount, matchedAt, settleBy, group } = fill;
  const numbers = [sequence, buyerAccount, sellerAccount, matchedAt, settleBy, group] as const;
  const [a, b, c, d, e, f] = numbers.map(whole) as [bigint, bigint, bigint, bigint, bigint, bigint];
  return keccak256(encodeAbiParameters(LEAF, [a, b, c, d, e, f, termsHash(fill)]));
}

/** Split at the largest power of two below their number; zero for none. */
export function root(leaves: Hex[]): Hex {
  if (leaves.length === 0) return ZERO;
  if (leaves.length === 1) return leaves[0]!;
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return keccak256(concat([root(leaves.slice(0, split)), root(leaves.slice(split))]));
}

/** The next batch of the venue whose key it is. */
export async function signBatch(
  key: LocalAccount, deployment: Deployment, firstSequence: number, previousBatchHash: Hex, fills: Fill[],
): Promise<Batch> {
  if (fills.length < 1 || fills.length > MOST_FILLS) {
    throw new RangeError(`${fills.length} fills: a batch has 1 to ${MOST_FILLS}`);
  }
  const fillsRoot = root(fills.map((fill, place) => leaf(fill, firstSequence + place)));
  const message = {
    venue: key.address, firstSequence: whole(firstSequence), count: fills.length, fillsRoot, previousBatchHash,
  };
  const signature = await key.signTypedData({
    domain: domain(ESCROW, deployment), types: { FillBatch: types.FillBatch }, primaryType: "FillBatch", message,
  });
  const hash = hashStruct({ types: { FillBatch: types.FillBatch }, primaryType: "FillBatch", data: message });
  return { request: { venue: key.address, firstSequence, previousBatchHash, signature, fills }, hash };
}

/** Body of a cancellation of `count` fills from `firstSequence` on. */
export async function signCancel(key: LocalAccount, deployment: Deployment, firstSequence: number, count: number) {
  const message = { venue: key.address, firstSequence: whole(firstSequence), count };
  const signature = await key.signTypedData({
    domain: domain(RELAYER, deployment), types: { Cancel: types.Cancel }, primaryType: "Cancel", message,
  });
  return { venue: key.address, firstSequence, count, signature };
}

/** The header `Authorization` of a read of `path`, query included, at `host` with its port. */
export async function signRead(key: LocalAccount, deployment: Deployment, host: string, path: string, expiresAt: number) {
  const signature = await key.signTypedData({
    domain: domain(RELAYER, deployment), types: { Read: types.Read }, primaryType: "Read",
    message: { host, path, expiresAt: whole(expiresAt) },
  });
  return `Plumbline address=${key.address}, expires=${expiresAt}, signature=${signature}`;
}

/** What a webhook was posted, and for whom. */
export interface Post {
  /** The address that the relayer's status shows. */
  relayer: Address;
  venue: Address;
  /** As the relayer's configuration has it. */
  url: string;
  /** The header `Plumbline-Signature`. */
  header: string;
  body: Uint8Array;
  /** Seconds since 1970. */
  now: number;
}

/** Whether the relayer signed it within 300 s of now. A post may come twice: events have numbers. */
export async function checkNotice(deployment: Deployment, post: Post): Promise<boolean> {
  const parts = new Map(post.header.split(", ").map((part) => [part.split("=")[0], part.slice(part.indexOf("=") + 1)]));
  const [sent, signature] = [Number(parts.get("sent") || NaN), parts.get("signature")];
  if (!Number.isSafeInteger(sent) || Math.abs(post.now - sent) > 300 || signature === undefined) return false;
  const message = { venue: post.venue, url: post.url, sentAt: BigInt(sent), body: keccak256(post.body) };
  const typed = { domain: domain(RELAYER, deployment), types: { Notice: types.Notice }, primaryType: "Notice", message } as const;
  const signer = await recoverTypedDataAddress({ ...typed, signature: signature as Hex }).catch(() => undefined);
  return signer !== undefined && isAddressEqual(signer, post.relayer);
}

export function domain(name: string, deployment: Deployment) {
  return { name, version: "1", chainId: deployment.chainId, verifyingContract: deployment.escrow } as const;
}

export { hashTypedData };

/** A number that JSON and a word both hold exactly. */
function whole(number: number): bigint {
  if (!Number.isSafeInteger(number) || number < 0) throw new RangeError(`${number} is no whole number from 0 to 2^53`);
  return BigInt(number);
}
