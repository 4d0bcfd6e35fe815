import { FAMILIES, type Fault, type FaultRule } from '../../src/simulator/faults.ts';
import { chance, one, type Random, whole } from './draw.ts';
import { type Lateness, PUNCTUAL } from './engine.ts';
import { CALM, type NetworkFaults } from './network.ts';
import { SECOND_MS } from './tenant.ts';

/** What a day is like. Shares are of cycles unless they say otherwise. */
export interface Weather {
  readonly rules: readonly FaultRule[];
  readonly network: NetworkFaults;
  readonly lateness: Lateness;
  readonly crashes: number;
  readonly zombies: number;
  readonly revisions: number;
  readonly jumps: number;
  readonly reviews: number;
  /** Corrections of one agent are refused for good all day. */
  readonly refuses: boolean;
  /** The cycles at which a copy is made and put back; nothing that a restore cannot know happens between. */
  readonly restore: { readonly copyAt: number; readonly backAt: number } | undefined;
}

export function drawWeather(random: Random, cycles: number): Weather {
  const isCalm = chance(random, 0.1);
  const restores = chance(random, 0.2);
  const copyAt = whole(random, 1, cycles - 4);
  return {
    rules: isCalm || chance(random, 0.25) ? [] : drawRules(random),
    network:
      isCalm || chance(random, 0.5)
        ? CALM
        : {
            refused: one(random, [0, 0.02]),
            lost: one(random, [0, 0.02, 0.05]),
            late: one(random, [0, 0.02, 0.05]),
          },
    lateness: isCalm
      ? PUNCTUAL
      : {
          hours: one(random, [0, 0.01, 0.04]),
          minutes: one(random, [0, 0.1]),
          doubled: one(random, [0, 0.1]),
        },
    crashes: isCalm ? 0 : one(random, [0.1, 0.3, 0.6]),
    zombies: isCalm ? 0 : one(random, [0, 0.05, 0.15]),
    revisions: isCalm ? 0 : one(random, [0, 0.05, 0.1]),
    jumps: isCalm ? 0 : one(random, [0, 0.05, 0.15]),
    reviews: one(random, [0, 0.2, 0.5]),
    refuses: chance(random, 0.08),
    restore: restores ? { copyAt, backAt: whole(random, copyAt + 1, cycles - 2) } : undefined,
  };
}

function drawRules(random: Random): FaultRule[] {
  return Array.from({ length: whole(random, 1, 4) }, () => drawRule(random));
}

function drawRule(random: Random): FaultRule {
  const fault = drawFault(random);
  const isChange = fault.kind === 'status' && fault.status === 404;
  const families = chance(random, 0.35)
    ? [one(random, FAMILIES)]
    : chance(random, 0.6)
      ? ['adjustment' as const]
      : [];
  return {
    fault,
    share: one(random, [0.02, 0.05, 0.15, 0.4]),
    ...(families.length > 0 && { families }),
    // By contract a 404 means that what was to be taken back is gone: a vendor that lies about it cannot be helped.
    ...(isChange && { methods: ['GET', 'POST'] }),
    ...(chance(random, 0.3) && { times: whole(random, 1, 6) }),
  };
}

const AMBIGUOUS = [408, 425, 500, 502, 503, 504] as const;
const CLEAR = [401, 404, 409, 429] as const;
const FIELDS = [
  'access_token',
  'expires_in',
  'entities',
  'id',
  'intervals',
  'startTime',
  'endTime',
  'state',
  'duration',
  'agentId',
  'userId',
  'shifts',
  'version',
  'idempotencyKey',
  'status',
  'updatedTimestamp',
] as const;

/** A text that another text took the place of is a lie that nobody can see. */
const NOT_TEXT = [
  'expires_in',
  'duration',
  'version',
  'startTime',
  'endTime',
  'updatedTimestamp',
  'userId',
] as const;

function drawFault(random: Random): Fault {
  switch (whole(random, 0, 11)) {
    case 0:
    case 1:
    case 2:
      return {
        kind: 'status',
        status: one(random, AMBIGUOUS),
        takesEffect: chance(random, 0.6),
        ...after(random),
      };
    case 3:
    case 4:
      return { kind: 'status', status: one(random, CLEAR), ...after(random) };
    case 5:
      return { kind: 'reset', takesEffect: chance(random, 0.6) };
    case 6:
      return { kind: 'slow', delayMs: one(random, [3, 14, 16, 90]) * SECOND_MS };
    case 7:
      return { kind: 'drip', everyMs: one(random, [1, 50, 500]) };
    case 8:
      return { kind: one(random, ['truncated', 'half_json', 'html'] as const) };
    case 9:
      return { kind: 'missing_field', field: one(random, FIELDS) };
    case 10:
      return { kind: 'text_field', field: one(random, NOT_TEXT) };
    default:
      return chance(random, 0.8) ? { kind: 'wrong_agent' } : { kind: 'huge', bodyBytes: 9_000_000 };
  }
}

function after(random: Random): { retryAfterSeconds?: number; retryAfterForm?: 'seconds' | 'date' } {
  if (chance(random, 0.5)) return {};
  return {
    retryAfterSeconds: one(random, [1, 5, 45, 900]),
    retryAfterForm: one(random, ['seconds', 'date'] as const),
  };
}
