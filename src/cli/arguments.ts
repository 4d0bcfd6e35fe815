import { InvalidArgumentError } from 'commander';
import {
  FINDING_KINDS,
  FINDING_STATUSES,
  type FindingFilter,
  type FindingKind,
  type FindingStatus,
  type Instant,
  ProgramError,
  parseInstant,
} from '../program.ts';

/** Parsers for commander: what they throw ends in one line and exit status 2. */

export function instant(text: string): Instant {
  const parsed = parseInstant(text);
  if (parsed !== undefined) return parsed;
  throw new InvalidArgumentError('Give an ISO 8601 instant with offset or Z, such as 2026-03-02T08:00:00Z.');
}

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
  };
}

export function text(given: string): string {
  if (given.trim() === '') throw new InvalidArgumentError('It must not be empty.');
  return given.trim();
}

export function webUrl(given: string): string {
  if (/^https?:$/.test(URL.parse(given)?.protocol ?? '')) return given;
  throw new InvalidArgumentError('Give a URL that begins with http:// or https://.');
}

/** Standard Webhooks' form of a secret. */
export function webhookSecret(given: string): string {
  if (/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/.test(given)) return given;
  throw new InvalidArgumentError('Give whsec_ and at least 24 bytes in base64.');
}

/** Words of a person, which must say something. */
export function words(text: string): string {
  const trimmed = text.trim();
  if (trimmed !== '' && trimmed.length <= 500) return trimmed;
  throw new InvalidArgumentError('Give from 1 to 500 characters.');
}

/** For options that may be given several times. */
export function texts(given: string, before: readonly string[] = []): string[] {
  return [...before, text(given)];
}

export function kinds(text: string, before: readonly FindingKind[] = []): FindingKind[] {
  return [...before, oneOf(FINDING_KINDS, text)];
}

export function statuses(text: string, before: readonly FindingStatus[] = []): FindingStatus[] {
  return [...before, oneOf(FINDING_STATUSES, text)];
}

function oneOf<T extends string>(words: readonly T[], text: string): T {
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`Give one of ${words.join(', ')}.`);
}

export interface RangeOptions {
  readonly from?: Instant;
  readonly to?: Instant;
}

/** @throws ProgramError `invalid_argument` when the range is empty or runs backwards. */
export function requireRange({ from, to }: RangeOptions): void {
  if (from === undefined || to === undefined || from < to) return;
  throw new ProgramError('invalid_argument', '--from must lie before --to');
}

export interface FilterOptions extends RangeOptions {
  readonly kind?: FindingKind[];
  readonly agent?: string[];
  readonly status?: FindingStatus[];
}

export function filterOf({ from, to, kind, agent, status }: FilterOptions): FindingFilter {
  return {
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(kind && { kinds: kind }),
    ...(agent && { userIds: agent }),
    ...(status && { statuses: status }),
  };
}
