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
