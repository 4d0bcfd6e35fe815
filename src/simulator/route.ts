import type { Instant } from '../domain/instant.ts';
import type { ContactCentre } from './contact-centre.ts';
import type { Family } from './faults.ts';
import type { Floor } from './floor.ts';
import type { Ledger } from './ledger.ts';
import type { Reporter } from './report.ts';
import type { User } from './roster.ts';
import type { Client, Grant, Tokens } from './tokens.ts';
import type { Answer, VendorRequest } from './wire.ts';
import type { Writes } from './writes.ts';

/** What the endpoints work on. */
export interface Premises {
  readonly centre: ContactCentre;
  /** The agents as they are now. */
  readonly floor: Floor;
  readonly writes: Writes;
  readonly reporter: Reporter;
  readonly ledger: Ledger;
  readonly tokens: Tokens;
  readonly clients: readonly Client[];
  readonly passwords: ReadonlyMap<string, string>;
  /** Whether a token that acts for this user is shown that agent's states. */
  readonly sees: (username: string, agent: User) => boolean;
  /** User ids of agents in no skill group: status and states answer 404. */
  readonly withoutSkillGroup: ReadonlySet<string>;
  /** An agent who has been offline for longer answers 404 when asked for the live status. */
  readonly absentAfterMs: number;
  /** The report says what corrections claim; the contract has it that it does not, but some tenants' does. */
  readonly reportShowsAdjustments: boolean;
}

/** One request, taken apart. */
export interface Call {
  readonly premises: Premises;
  readonly request: VendorRequest;
  readonly query: URLSearchParams;
  /** The parts of the path that stand for something, decoded. */
  readonly parameters: readonly string[];
  readonly now: Instant;
  /** `undefined` where no token is asked for. */
  readonly grant: Grant | undefined;
}

/** An endpoint. */
export interface Route {
  readonly method: string;
  /** Its groups are the call's `parameters`. */
  readonly path: RegExp;
  readonly family: Family;
  /** Whom it lets in: anybody, or a token with this scope. */
  readonly access: 'open' | { readonly scope: string; readonly userContext?: boolean };
  readonly answer: (call: Call) => Answer;
}
