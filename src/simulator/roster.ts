import { keyOf, mix, pick, randomOf } from './rng.ts';

/** A user of the contact centre. Agents come first in the roster, then the few users without an agent's role. */
export interface User {
  /** From 0; all that is seeded about the user hangs on it. */
  readonly index: number;
  readonly userId: string;
  readonly username: string;
  readonly name: string;
  readonly team: string;
  readonly timeZone: string;
  /** `undefined` for a user who is no agent. */
  readonly agentId: string | undefined;
}

const TIME_ZONES = [
  'Europe/Berlin',
  'Europe/London',
  'America/New_York',
  'America/Sao_Paulo',
  'Asia/Kolkata',
  'Asia/Manila',
  'Australia/Sydney',
] as const;
const FIRST_NAMES = [
  'Ada',
  'Bilal',
  'Chloé',
  'Dmitri',
  'Esi',
  'Farah',
  'Goran',
  'Hana',
  'Iris',
  'José',
] as const;
const LAST_NAMES = [
  'Abara',
  'Brandt',
  'Costa',
  'Dubois',
  'Eriksen',
  'Fuchs',
  'Gupta',
  "O'Neill",
  'Zoë',
] as const;
const TEAMS = ['Billing', 'Claims', 'Retention', 'Sales', 'Support', 'Night desk'] as const;
const AGENT_ID_BASE = 500_000;

/** The user at a place of the roster; whether it is an agent, the contact centre says. */
export function userAt(seed: number, index: number, isAgent: boolean): User {
  const random = randomOf(mix(keyOf(seed, 'user'), index));
  const first = pick(random, FIRST_NAMES);
  const last = pick(random, LAST_NAMES);
  return {
    index,
    userId: userIdOf(index),
    username: `agent.${digitsOf(index)}`,
    name: `${first} ${last}`,
    team: pick(random, TEAMS),
    timeZone: pick(random, TIME_ZONES),
    agentId: isAgent ? `agt_${AGENT_ID_BASE + index}` : undefined,
  };
}

/** `usr_000001` for the first one. */
export function userIdOf(index: number): string {
  return `usr_${digitsOf(index)}`;
}

/** The place in the roster that a user id, a user name or an agent id speaks of; -1 when it is none of them. */
export function indexOf(id: string): number {
  const match = /^(usr_|agent\.|agt_)(\d{6,})$/.exec(id);
  if (match === null) return -1;
  const base = match[1] === 'agt_' ? AGENT_ID_BASE : 1;
  return Number(match[2]) - base;
}

function digitsOf(index: number): string {
  return String(index + 1).padStart(6, '0');
}
