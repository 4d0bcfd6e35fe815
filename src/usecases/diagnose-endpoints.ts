import type { NoAnswer } from '../domain/agent-state.ts';
import type { Check } from '../domain/checkup.ts';
import type { Clock, DiagnosisStore, DiagnosisVendor, Endpoint, Store, TokenSeen } from './ports.ts';
import { answerOf } from './vendor-answer.ts';

export interface EndpointDeps {
  readonly vendor: DiagnosisVendor;
  readonly clock: Clock;
  readonly store: (Store & DiagnosisStore) | undefined;
}

const OTHERWISE: Readonly<Record<NoAnswer['kind'], string>> = {
  forbidden: 'Give the account the scope and the role, under Admin > Security > OAuth Clients.',
  unauthorized: 'Look at the roles of the account behind CXONE_CLIENT_ID.',
  malformed: 'Keep the line and ask the vendor.',
  rejected: 'Check CXONE_REGION or CXONE_BASE_URL.',
  unreachable: 'Check the network and the vendor. If it stays, ask the vendor.',
};

/** Each endpoint that only reads is asked once; of those that change something the scope is looked at. */
export async function* diagnoseEndpoints(
  { vendor, clock, store }: EndpointDeps,
  token: TokenSeen,
  signal: AbortSignal,
): AsyncGenerator<Check> {
  const [roster, ...others] = vendor.endpoints as readonly [Endpoint, ...Endpoint[]];
  const found = await answerOf(() => vendor.anyAgent(signal));
  yield 'value' in found ? answers(roster, found.value) : refused(roster, found);
  const userId = ('value' in found ? found.value : undefined) ?? (await anyKnown(store));
  let isOut = 'kind' in found && found.kind === 'unreachable';
  for (const endpoint of others) {
    const { family } = endpoint;
    if (family === undefined) {
      yield notCalled(endpoint, token);
    } else if (isOut || userId === undefined) {
      yield notAsked(endpoint, isOut ? 'the vendor cannot be reached' : 'no agent is known to ask about');
    } else {
      const answer = await answerOf(() => vendor.askEndpoint(family, userId, clock.now(), signal));
      isOut = 'kind' in answer && answer.kind === 'unreachable';
      if ('kind' in answer) yield refused(endpoint, answer);
      else yield answer.value === 'unknown' ? hasNoSuchUser(endpoint, userId) : answers(endpoint, userId);
    }
  }
}

async function anyKnown(store: EndpointDeps['store']): Promise<string | undefined> {
  const [agent] = (await store?.listAgents({ limit: 1 })) ?? [];
  return agent?.userId;
}

function answers(endpoint: Endpoint, userId: string | undefined): Check {
  const { call, feature, family } = endpoint;
  if (family === undefined && userId === undefined) {
    return {
      check: 'endpoint',
      level: 'warning',
      says: `${call} answers, and the first page has nobody with an agent id`,
      means: 'Maybe nobody has the agent role, or the account is not shown them.',
      todo: 'Look under Admin > Users who is assigned to an agent profile.',
    };
  }
  return { check: 'endpoint', level: 'ok', says: `${call} answers`, means: `Needed for ${feature}.` };
}

/** It may be so of one agent, or of everybody: then the path is wrong, or the tenant has not got it. */
function hasNoSuchUser({ call, refused: otherwise }: Endpoint, userId: string): Check {
  return {
    check: 'endpoint',
    level: 'warning',
    says: `${call} answers 404 about user id ${userId}, whom the roster lists`,
    means: `It knows nothing of this agent. If it is so of all: ${otherwise}`,
    todo: 'See whether the tenant has what is behind this endpoint, then check CXONE_REGION or CXONE_BASE_URL.',
  };
}

function refused({ call, refused: means, isCore }: Endpoint, { kind, message }: NoAnswer): Check {
  const level = isCore ? 'problem' : 'warning';
  return { check: 'endpoint', level, says: `${call}: ${message}`, means, todo: OTHERWISE[kind] };
}

function notAsked({ call, refused: means }: Endpoint, why: string): Check {
  const todo = 'Mend what is named above, then ask again.';
  return {
    check: 'endpoint',
    level: 'warning',
    says: `${call} was not asked: ${why}`,
    means: `Without it: ${means}`,
    todo,
  };
}

function notCalled({ call, scope, feature, refused: means, isCore }: Endpoint, { scopes }: TokenSeen): Check {
  const check = 'endpoint';
  if (scopes === undefined || scopes.includes(scope)) {
    const says = `${call} was not called, because it changes something; ${scope} is granted`;
    return { check, level: 'ok', says, means: `Needed for ${feature}.` };
  }
  const says = `${call} needs ${scope}, which is not granted`;
  const todo = `Add ${scope} under Admin > Security > OAuth Clients and to CXONE_SCOPES.`;
  return { check, level: isCore ? 'problem' : 'warning', says, means, todo };
}
