// What can go wrong, by kind.

/** Of this package. */
export class PlumblineError extends Error {
  override name = "PlumblineError";
}

/** No answer came within the patience of the client. What was sent may have arrived: send the same again. */
export class Unreachable extends PlumblineError {
  override name = "Unreachable";
}

/** The relayer's refusal, problem details of RFC 9457. */
export class Problem extends PlumblineError {
  override name = "Problem";
  /** Last part of the type: `sequence-gap`, `invalid-signature`, … */
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  /** The one field or header at fault: a JSON pointer, or a header's name. */
  readonly field: string | undefined;
  /** JSON pointer and detail of each field at fault. */
  readonly errors: { pointer: string; detail: string }[];

  constructor(
    readonly status: number,
    body: unknown,
    /** Seconds. */
    readonly retryAfter?: number,
  ) {
    const given = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
    const detail = typeof given.detail === "string" ? given.detail : "no problem details came with the status";
    const code = (typeof given.type === "string" ? given.type.split(":").pop() : undefined) || "unknown";
    super(`${status} ${code}: ${detail}`);
    this.code = code;
    this.title = typeof given.title === "string" ? given.title : "";
    this.detail = detail;
    this.field = typeof given.field === "string" ? given.field : undefined;
    this.errors = Array.isArray(given.errors) ? given.errors : [];
  }

  /** Whether the same request may be answered later. */
  get passes(): boolean {
    return this.status === 408 || this.status === 429 || this.status >= 500;
  }
}
