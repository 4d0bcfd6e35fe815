import type { LedgerEntry } from '../../domain/correction.ts';
import { compare } from './compare.ts';

export type LedgerRow = Omit<LedgerEntry, 'takeBackAsked'> & { readonly takeBackAsked: 0 | 1 };

/** For SELECT; the names are those of `LedgerRow`. */
export const LEDGER_COLUMNS = `correction_id AS correctionId, finding_id AS findingId, start_at AS start,
  end_at AS end, state, status, take_back_asked AS takeBackAsked`;

/** An agent's ledger in order of time. */
export function toLedger(rows: readonly LedgerRow[]): LedgerEntry[] {
  return rows
    .map((row) => ({ ...row, takeBackAsked: row.takeBackAsked === 1 }))
    .sort((a, b) => a.start - b.start || compare(a.correctionId, b.correctionId));
}
