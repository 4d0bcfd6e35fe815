import type { CorrectionState } from '../../domain/correction.ts';
import type { FindingKind, FindingStatus } from '../../domain/finding.ts';
import type { RunStatus } from '../../usecases/ports.ts';
import { type Html, html } from './html.ts';

/** What people call the kinds of findings; the words of the CSV stay beside them in every table. */
export const KIND_WORDS: Readonly<Record<FindingKind, string>> = {
  boundary_drift: 'Boundary drift',
  state_mismatch: 'State mismatch',
  missing_in_report: 'Missing in report',
  missing_in_log: 'Missing in log',
  report_gap: 'Gap in report',
  report_overlap: 'Overlap in report',
  duration_mismatch: 'Wrong duration',
  near_shift_boundary: 'Near a shift boundary',
};

export const STATUS_WORDS: Readonly<Record<FindingStatus, string>> = {
  open: 'Open',
  in_review: 'In review',
  approved: 'Approved',
  dismissed: 'Dismissed',
  corrected: 'Corrected',
  resolved: 'Resolved',
  held: 'Held',
  failed: 'Failed',
};

/** How much attention a status asks for; told by a mark as well as by colour. */
type Tone = 'good' | 'busy' | 'wait' | 'bad' | 'quiet';

const MARKS: Readonly<Record<Tone, string>> = { good: '✓', busy: '…', wait: '?', bad: '!', quiet: '–' };

const TONES: Readonly<Record<FindingStatus | RunStatus | CorrectionState, Tone>> = {
  open: 'busy',
  in_review: 'wait',
  approved: 'busy',
  dismissed: 'quiet',
  corrected: 'good',
  resolved: 'quiet',
  held: 'bad',
  failed: 'bad',
  running: 'busy',
  done: 'good',
  partial: 'wait',
  dropped: 'quiet',
  refused: 'bad',
  unknown: 'wait',
  proposed: 'busy',
  waiting: 'busy',
  sending: 'busy',
  delivered: 'good',
  withdrawn: 'quiet',
  take_back_waiting: 'busy',
  taking_back: 'busy',
  take_back_unknown: 'wait',
  taken_back: 'quiet',
};

/** A status as a small sign: mark, word, colour. */
export function badge(status: FindingStatus | RunStatus | CorrectionState): Html {
  const tone = TONES[status];
  return html`<span class="badge ${tone}"><span aria-hidden="true">${MARKS[tone]}</span> ${status.replaceAll('_', ' ')}</span>`;
}

/** `1 finding`, `2 findings`; thousands apart. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${figure(number)} ${number === 1 ? one : many}`;
}

export function figure(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** What of an agent's findings is counted as not settled. */
export const NOT_SETTLED = [
  'open',
  'in_review',
  'approved',
  'held',
  'failed',
] as const satisfies readonly FindingStatus[];
