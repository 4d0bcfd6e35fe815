/** How long the service has patience, in milliseconds. */
export interface HttpLimits {
  /** For the whole of a request to arrive. */
  readonly requestMs: number;
  /** For an answer to be ready; a download must only have begun. Shorter than `idleMs`, or nobody would be told. */
  readonly answerMs: number;
  /** For a socket on which nothing moves, such as that of a download that nobody reads. */
  readonly idleMs: number;
}

export const HTTP_LIMITS: HttpLimits = { requestMs: 10_000, answerMs: 25_000, idleMs: 30_000 };

/** Of a body, of the headers with the address, and of a part of the address in characters: what is more is refused. */
export const BODY_LIMIT_BYTES = 65_536;
export const MAX_HEADER_BYTES = 16_384;
export const MAX_PART_LENGTH = 500;
