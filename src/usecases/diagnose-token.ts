import { type NoAnswer, STATES_SCOPE } from '../domain/agent-state.ts';
import type { Check } from '../domain/checkup.ts';
import type { Instant } from '../domain/instant.ts';
import type { DiagnosisVendor, Endpoint, TokenSeen } from './ports.ts';
import { answerOf } from './vendor-answer.ts';

/** The token of the service account, or why there is none. */
export async function serviceTokenOf(
  vendor: DiagnosisVendor,
  signal: AbortSignal,
): Promise<TokenSeen | NoAnswer> {
  const service = await answerOf(() => vendor.tokenFacts('service', signal));
  if ('kind' in service) return service;
  return service.value ?? { kind: 'unauthorized', message: 'nobody is logged in' };
}

/** The token that the states of agents are read with; that of the service account where nobody is logged in. */
export async function statesTokenOf(
  vendor: DiagnosisVendor,
  service: TokenSeen,
  signal: AbortSignal,
): Promise<TokenSeen | NoAnswer> {
  const person = await answerOf(async () =>
    vendor.statesToken() === 'user' ? await vendor.tokenFacts('user', signal) : undefined,
  );
  return 'kind' in person ? person : (person.value ?? service);
}

/** What it means, and what to do, when the vendor gave no token. */
const NO_TOKEN: Readonly<Record<NoAnswer['kind'], Pick<Check, 'means' | 'todo'>>> = {
  unauthorized: {
    means: 'The vendor refuses the credentials, or nobody is logged in: nothing can be read or sent.',
    todo: 'Check CXONE_CLIENT_ID, CXONE_CLIENT_SECRET and CXONE_SCOPES; of a person, log in with `adherence login`.',
  },
  forbidden: {
    means: 'The account may not have a token: nothing can be read or sent.',
    todo: 'Look at the client under Admin > Security > OAuth Clients.',
  },
  malformed: {
    means: 'What answers there is not the token endpoint that the contract describes.',
    todo: 'Check CXONE_REGION or CXONE_BASE_URL.',
  },
  rejected: { means: 'There is no token endpoint there.', todo: 'Check CXONE_REGION or CXONE_BASE_URL.' },
  unreachable: {
    means: 'The vendor cannot be reached: nothing can be read or sent. It says nothing about any agent.',
    todo: 'Check CXONE_REGION or CXONE_BASE_URL, the way out of this network, and the vendor.',
  },
};

export function explainNoToken({ kind, message }: NoAnswer): Check {
  return { check: 'token', level: 'problem', says: message, ...NO_TOKEN[kind] };
}

/** The token of whoever logged in is not to be had: the service account serves everything but the states of agents. */
export function explainNoPerson({ message }: NoAnswer): Check {
  return {
    check: "person's token",
    level: 'problem',
    says: message,
    means:
      'The states of agents cannot be read, which says nothing about any agent. Collecting goes on one by one, with ' +
      'the service account.',
    todo: 'Do what the line says; if the login has ended, run `adherence login` again.',
  };
}

/** Whose token, for how long. */
export function explainToken(token: TokenSeen, now: Instant): Check {
  const { grant, username, expiresAt, hasUserContext } = token;
  const whose = username === undefined ? '' : ` of ${username}`;
  const minutes = Math.max(0, Math.round((expiresAt - now) / 60_000));
  const says = `${grant}${whose}, expires in ${minutes} min`;
  if (grant === 'password') {
    return {
      check: 'token',
      level: 'warning',
      says,
      means: 'The password grant is for testing only: the password lies about in the configuration.',
      todo: 'Use CXONE_GRANT=client_credentials, and `adherence login` for the states of agents.',
    };
  }
  const means = hasUserContext
    ? 'It acts for a person, as the states of agents need. It is renewed before it expires.'
    : 'It acts for the service account, without user context. It is renewed before it expires.';
  return { check: 'token', level: 'ok', says, means };
}

/** The scopes granted against those needed, one line for each that is missing. */
export function explainScopes(
  scopes: readonly string[] | undefined,
  endpoints: readonly Pick<Endpoint, 'scope' | 'feature' | 'isCore'>[],
): Check[] {
  const check = 'scopes';
  if (scopes === undefined) {
    const says = 'The vendor did not name any';
    return [{ check, level: 'ok', says, means: 'That stands for what was asked for (CXONE_SCOPES).' }];
  }
  const needed = Map.groupBy(endpoints, ({ scope }) => scope);
  const missing = [...needed].filter(([scope]) => !scopes.includes(scope));
  if (missing.length === 0) {
    const says = [...needed.keys()].join(', ');
    return [{ check, level: 'ok', says, means: 'All that are needed are granted.' }];
  }
  return missing.map(([scope, users]) => ({
    check,
    level: users.some(({ isCore }) => isCore) ? 'problem' : 'warning',
    says: `${scope} is not granted`,
    means: `Needed for ${[...new Set(users.map(({ feature }) => feature))].join(', ')}.`,
    todo: `Add ${scope} under Admin > Security > OAuth Clients and to CXONE_SCOPES.`,
  }));
}

/** What a person's token is for takes one scope; said only where it is missing. */
export function explainPersonScopes(scopes: readonly string[] | undefined): Check[] {
  const needed = { scope: STATES_SCOPE, feature: "the list of agents' states", isCore: false };
  const checks = explainScopes(scopes, [needed]).filter(({ level }) => level !== 'ok');
  return checks.map((check) => ({ ...check, check: "person's token" }));
}
