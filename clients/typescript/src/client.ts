// A relayer over HTTP: the venue's sequence and chain of batches, retries, events.
import type { Address, Hex, LocalAccount } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { PlumblineError, Problem, Unreachable } from "./errors.js";
import { type Batch, type Deployment, type Fill, ZERO, signBatch, signCancel, signRead } from "./signing.js";

/** Seconds that a signed read holds. */
const HOLDS = 300;
/** Longest silence of a stream, milliseconds; the relayer says something every 15 s. */
const SILENCE = 45_000;
/** After these the relayer's word on the venue's next sequence is asked for again. */
const OUT_OF_STEP = ["sequence-gap", "sequence-replayed", "batch-chain-broken"];

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface Options {
  /** Milliseconds for which a request is repeated. */
  patience?: number;
  /** Milliseconds that one attempt may take. */
  timeout?: number;
  /** In place of the platform's. */
  fetch?: Fetch;
  /** Chain and escrow, where the relayer's word is not enough. */
  deployment?: Deployment;
}

export interface FillState {
  id: string;
  state: "accepted" | "waiting" | "submitted" | "settled" | "expired" | "lapsed" | "rejected" | "cancelled";
  detail?: string;
  [member: string]: unknown;
}

/** A change of a fill. `cursor` is where a stream goes on after it. */
export interface Event {
  cursor: number;
  fill: { number: number; id: string; sequence: number; state: string; tx?: Hex; blockNumber?: number; detail?: string };
}

export interface Accepted {
  batchId: string;
  batchHash: Hex;
  acceptedAt: number;
  fills: string[];
}

export interface Cancelled {
  cancelled: string[];
  refused: { id: string; state: string; detail: string }[];
}

export interface Venue {
  nextSequence: number | null;
  lastBatchHash: Hex | null;
  lastEvent: number;
  [member: string]: unknown;
}

interface Request {
  method: "GET" | "POST";
  path: string;
  signed?: boolean;
  body?: string;
  headers?: Record<string, string>;
}

/**
 * A venue's (or, for reads, any party's) view of one relayer.
 *
 * Requests are repeated while nobody answers or the answer is one that passes (408, 429, 5xx). A batch is signed once and repeated
 * as the same bytes under one Idempotency-Key, so that it is taken once.
 */
export class Relayer {
  readonly key: LocalAccount;
  private readonly url: URL;
  private readonly patience: number;
  private readonly timeout: number;
  private readonly fetch: Fetch;
  private known: Deployment | undefined;
  private next: { sequence: number; hash: Hex } | undefined;
  /** Seconds by which the relayer's clock is ahead, once this machine's was refused. */
  private ahead: number | undefined;

  constructor(url: string, key: Hex | LocalAccount, options: Options = {}) {
    this.url = new URL(url);
    this.key = typeof key === "string" ? privateKeyToAccount(key) : key;
    this.patience = options.patience ?? 30_000;
    this.timeout = options.timeout ?? 10_000;
    this.fetch = options.fetch ?? ((url, init) => fetch(url, init));
    this.known = options.deployment;
  }

  get address(): Address {
    return this.key.address;
  }

  // For everybody

  status(): Promise<Record<string, unknown> & { chainId: number; escrow: Address }> {
    return this.send({ method: "GET", path: "/v1/status" });
  }

  /** `now` and `chain` in milliseconds, the machine's clock and the newest block's. */
  time(): Promise<{ now: number; chain: number; [member: string]: unknown }> {
    return this.send({ method: "GET", path: "/v1/time" });
  }

  async markets(): Promise<{ underlying: string; perpetual: string; [member: string]: unknown }[]> {
    return (await this.send<{ markets: [] }>({ method: "GET", path: "/v1/markets" })).markets;
  }

  // The venue's

  /** Next sequence, last batch's hash, limits, what is queued. */
  venue(): Promise<Venue> {
    return this.get(`/v1/venues/${this.address}`);
  }

  fill(sequence: number): Promise<FillState> {
    return this.get(`/v1/fills/${this.address}-${sequence}`);
  }

  batch(firstSequence: number): Promise<Record<string, unknown> & { states: Record<string, number>; ended: boolean }> {
    return this.get(`/v1/batches/${this.address}-${firstSequence}`);
  }

  /** Fills by sequence, page by page. */
  fills(query: { after?: number; state?: FillState["state"] } = {}): AsyncGenerator<FillState> {
    return this.pages(`/v1/venues/${this.address}/fills`, "fills", query);
  }

  batches(query: { after?: number } = {}): AsyncGenerator<Record<string, unknown>> {
    return this.pages(`/v1/venues/${this.address}/batches`, "batches", query);
  }

  // A party's

  account(number: number): Promise<Record<string, unknown>> {
    return this.get(`/v1/accounts/${number}`);
  }

  evidence(number: number): Promise<Record<string, unknown>> {
    return this.get(`/v1/accounts/${number}/evidence`);
  }

  /** Claims on an account, or on all: they are on chain, so everybody reads them. */
  claims(query: { account?: number; state?: string } = {}): AsyncGenerator<Record<string, unknown>> {
    return this.pages("/v1/claims", "claims", query);
  }

  /** Asks for a statement at the next prices; `slot` is that of the last one. */
  askStatement(number: number): Promise<{ account: number; slot: number }> {
    return this.send({ method: "POST", path: `/v1/accounts/${number}/statement`, signed: true });
  }

  /** Asks until the account is stated at a slot later than `after`. */
  async waitStatement(number: number, after: number, within = 60_000): Promise<Record<string, unknown>> {
    const until = Date.now() + within;
    for (;;) {
      const account = await this.account(number);
      if (Number(account.slot) > after) return account;
      if (Date.now() > until) {
        throw new PlumblineError(`account ${number} is still stated at slot ${account.slot} after ${within} ms`);
      }
      await pause(500);
    }
  }

  // Writes

  /** The venue's next batch; it is next until `submit` has brought it in. */
  async sign(fills: Fill[]): Promise<Batch> {
    this.next ?? (await this.synchronise());
    const { sequence, hash } = this.next!;
    return signBatch(this.key, await this.deployment(), sequence, hash, fills);
  }

  /**
   * Signs and posts a batch. When it resolves, the batch is on the relayer's disk. After `Unreachable` it may have arrived:
   * submit the same `Batch` again.
   */
  async submit(fills: Fill[] | Batch): Promise<Accepted> {
    const batch = Array.isArray(fills) ? await this.sign(fills) : fills;
    try {
      const accepted = await this.post<Accepted>("/v1/fill-batches", batch.request, { "idempotency-key": batch.hash });
      this.next = { sequence: batch.request.firstSequence + batch.request.fills.length, hash: batch.hash };
      return accepted;
    } catch (error) {
      if (error instanceof Problem && OUT_OF_STEP.includes(error.code)) this.next = undefined;
      throw error;
    }
  }

  /** Every check that `submit` would meet; nothing is stored. */
  async dryRun(fills: Fill[] | Batch): Promise<Record<string, unknown>> {
    const batch = Array.isArray(fills) ? await this.sign(fills) : fills;
    return this.post("/v1/fill-batches/dry-run", batch.request);
  }

  /** Takes back fills that are in no transaction yet; says of each which it was. */
  async cancel(firstSequence: number, count = 1): Promise<Cancelled> {
    return this.post("/v1/cancellations", await signCancel(this.key, await this.deployment(), firstSequence, count));
  }

  /** Takes the next sequence and the last batch's hash from the relayer. */
  async synchronise(): Promise<void> {
    const venue = await this.venue();
    this.next = { sequence: venue.nextSequence ?? 1, hash: venue.lastBatchHash ?? ZERO };
  }

  // Events

  /**
   * Changes of the venue's fills, from a cursor on (0: all that the relayer still has; none: from now on).
   * Never ends by itself: a stream that breaks is opened again where it was.
   */
  async *follow(after?: number): AsyncGenerator<Event, never> {
    let since = Date.now();
    for (;;) {
      try {
        for await (const { cursor, fill } of this.stream(after)) {
          [after, since] = [cursor, Date.now()];
          if (fill !== undefined) yield { cursor, fill };
        }
      } catch (error) {
        const passes = !(error instanceof Problem) || error.passes;
        if (!passes || Date.now() - since > this.patience) throw error;
        await pause(error instanceof Problem ? (error.retryAfter ?? 0) * 1_000 : 0);
      }
      await pause(200);
    }
  }

  /** Asks until a fill is in one of `states`. */
  async wait(sequence: number, states: FillState["state"][] = ["settled"], within = 60_000): Promise<FillState> {
    const until = Date.now() + within;
    for (let wait = 20; ; wait = Math.min(wait * 1.5, 1_000)) {
      const fill = await this.fill(sequence);
      if (states.includes(fill.state)) return fill;
      if (Date.now() > until) {
        throw new PlumblineError(`fill ${fill.id} is ${fill.state} after ${within} ms: ${fill.detail ?? ""}`);
      }
      await pause(wait);
    }
  }

  /** Cursors with the fill that changed; the first one says where the stream begins. */
  private async *stream(after: number | undefined): AsyncGenerator<{ cursor: number; fill?: Event["fill"] }> {
    const path = withQuery(`/v1/venues/${this.address}/events`, { after });
    const ended = new AbortController();
    let silence = setTimeout(() => ended.abort(), SILENCE);
    try {
      const headers = { accept: "text/event-stream", authorization: await this.authorization(path) };
      const response = await this.ask(path, { headers, signal: ended.signal });
      if (response.status !== 200) throw await problem(response);
      const decoder = new TextDecoder();
      let text = "";
      for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
        clearTimeout(silence);
        silence = setTimeout(() => ended.abort(), SILENCE);
        const parts = (text + decoder.decode(bytes, { stream: true })).split("\n\n");
        text = parts.pop()!;
        for (const part of parts) {
          const fields = new Map(part.split("\n").map((line) => [line.split(":")[0], line.slice(line.indexOf(":") + 1).trim()]));
          const [id, data] = [fields.get("id"), fields.get("data")];
          if (id === undefined) continue;
          yield fields.get("event") === "fill" ? { cursor: Number(id), fill: JSON.parse(data!) } : { cursor: Number(id) };
        }
      }
    } catch (error) {
      throw error instanceof PlumblineError ? error : new Unreachable(`the stream of events: ${cause(error)}`);
    } finally {
      clearTimeout(silence);
      ended.abort();
    }
  }

  // HTTP

  /** Chain and escrow, as given or as the relayer says. */
  async deployment(): Promise<Deployment> {
    if (this.known === undefined) {
      const { chainId, escrow } = await this.status();
      this.known = { chainId, escrow };
    }
    return this.known;
  }

  get<T>(path: string): Promise<T> {
    return this.send({ method: "GET", path, signed: true });
  }

  private post<T>(path: string, body: unknown, headers: Record<string, string> = {}): Promise<T> {
    const json = { "content-type": "application/json", ...headers };
    return this.send({ method: "POST", path, body: JSON.stringify(body), headers: json });
  }

  private async *pages<T>(path: string, name: string, query: { after?: number; state?: string; account?: number }): AsyncGenerator<T> {
    for (let after = query.after; ; ) {
      const page = await this.get<Record<string, unknown>>(withQuery(path, { ...query, after }));
      yield* page[name] as T[];
      if (page.next === null) return;
      after = page.next as number;
    }
  }

  private async authorization(path: string): Promise<string> {
    const expires = Math.floor(Date.now() / 1_000 + (this.ahead ?? 0)) + HOLDS;
    return signRead(this.key, await this.deployment(), this.url.host, path, expires);
  }

  private ask(path: string, init: RequestInit): Promise<Response> {
    return this.fetch(this.url.origin + path, init);
  }

  /** The answer's JSON; the same bytes again where nobody answered or the answer passes. */
  private async send<T>(request: Request): Promise<T> {
    const until = Date.now() + this.patience;
    for (let wait = 100; ; wait = Math.min(wait * 2, 2_000)) {
      const failure = await this.attempt<T>(request);
      if (!(failure instanceof PlumblineError)) return failure.answer;
      if (failure instanceof Problem && !failure.passes && !(await this.setClock(failure))) throw failure;
      const after = failure instanceof Problem ? (failure.retryAfter ?? 0) * 1_000 : 0;
      const longer = Math.max(after, wait * (0.5 + Math.random() / 2));
      if (Date.now() + longer > until) throw failure;
      await pause(longer);
    }
  }

  private async attempt<T>({ method, path, signed, body, headers = {} }: Request): Promise<{ answer: T } | PlumblineError> {
    const authorization = signed ? { authorization: await this.authorization(path) } : {};
    try {
      const signal = AbortSignal.timeout(this.timeout);
      const init = { method, headers: { ...headers, ...authorization }, signal, ...(body === undefined ? {} : { body }) };
      const response = await this.ask(path, init);
      return response.ok ? { answer: (await response.json()) as T } : await problem(response);
    } catch (error) {
      return new Unreachable(`${method} ${path}: ${cause(error)}`);
    }
  }

  /** Whether this machine's clock was taken for right and is not: then the relayer's counts. */
  private async setClock(problem: Problem): Promise<boolean> {
    if (problem.code !== "signature-expired" || this.ahead !== undefined) return false;
    this.ahead = ((await this.time()).now - Date.now()) / 1_000;
    return true;
  }
}

function withQuery(path: string, query: Record<string, string | number | undefined>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text === "" ? path : `${path}?${text}`;
}

async function problem(response: Response): Promise<Problem> {
  const after = response.headers.get("retry-after");
  const seconds = after !== null && /^[0-9]+$/.test(after) ? Number(after) : undefined;
  return new Problem(response.status, await response.json().catch(() => undefined), seconds);
}

function cause(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
