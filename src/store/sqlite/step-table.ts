import type { AuditEntry } from '../../usecases/control-port.ts';

/** Why nobody can say whether something that was being sent took effect. */
export const ORPHANED = 'its process ended while it was being sent';

/** Throws unless the table has the step: whoever asks for another one is mistaken about the thing's life. */
export function requireStep<State extends string>(
  what: string,
  steps: Readonly<Record<State, readonly State[]>>,
  from: State,
  to: State,
): void {
  if (!steps[from].includes(to)) throw new Error(`The ${what} cannot go from ${from} to ${to}.`);
}

/** Throws when a step is to go without the row that tells of it. */
export function requireAudit(what: string, audit: AuditEntry | undefined): void {
  if (audit === undefined) throw new Error(`The ${what} takes no step without its row in the audit.`);
}
