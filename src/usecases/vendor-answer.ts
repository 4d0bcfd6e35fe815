import type { NoAnswer } from '../domain/agent-state.ts';
import { type ErrorCode, ProgramError } from '../domain/errors.ts';

/** What a call's error says about the question that was asked. */
const KINDS: Readonly<Partial<Record<ErrorCode, NoAnswer['kind']>>> = {
  vendor_forbidden: 'forbidden',
  vendor_unauthorized: 'unauthorized',
  login_required: 'unauthorized',
  vendor_malformed: 'malformed',
  vendor_rejected: 'rejected',
  agent_not_found: 'rejected',
  vendor_unavailable: 'unreachable',
  vendor_rate_limited: 'unreachable',
};

export type Answer<T> = { readonly value: T } | NoAnswer;

/** The answer, or why there is none. Throws what is neither: an abort, a programmer's error. */
export async function answerOf<T>(call: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { value: await call() };
  } catch (error) {
    const kind = error instanceof ProgramError ? KINDS[error.code] : undefined;
    if (kind === undefined) throw error;
    return { kind, message: (error as ProgramError).message };
  }
}
