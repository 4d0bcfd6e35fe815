import type { StatesToken } from '../domain/agent-state.ts';
import type { Check } from '../domain/checkup.ts';
import { explainList } from '../domain/explain-list.ts';
import { hasShrunk } from '../domain/states-list.ts';
import type { Clock, DiagnosisVendor, Store, TokenSeen } from './ports.ts';
import { answerOf } from './vendor-answer.ts';

export interface CollectingDeps {
  readonly vendor: DiagnosisVendor;
  readonly clock: Clock;
  readonly store: Pick<Store, 'lastStatesList'> | undefined;
}

const ONE_BY_ONE = 'So `adherence collect` reads every agent one by one.';

/** By which way agents' states are collected, and why. */
export async function diagnoseCollecting(
  { vendor, clock, store }: CollectingDeps,
  token: TokenSeen,
  signal: AbortSignal,
): Promise<Check> {
  const check = 'collecting';
  if (!token.hasUserContext) {
    return {
      check,
      level: 'ok',
      says: "One by one: the list of agents' states was not asked for",
      means: `A ${token.grant} token has no user context. ${ONE_BY_ONE} \`adherence login\` would let one call find who changed.`,
    };
  }
  const at = clock.now();
  const found = await answerOf(() => vendor.allAgentStates(signal));
  if ('kind' in found) {
    const { means, ...rest } = explainList({ answer: found, token: ofNobody(token), isOfOne: false });
    return { check, ...rest, level: 'warning', means: `${means} ${ONE_BY_ONE}` };
  }
  const agents = found.value.filter(({ current }) => current !== undefined).length;
  const before = await store?.lastStatesList();
  if (hasShrunk(before, { at, agents })) {
    return {
      check,
      level: 'warning',
      says: `GET /agents/states lists ${agents} agents, ${before?.agents} a moment ago`,
      means: `That is not taken for logging out. ${ONE_BY_ONE}`,
      todo: 'Look whether the token was given fewer rights, or whether the vendor is ill.',
    };
  }
  const answer = { kind: 'list', agents, current: undefined } as const;
  const { means, ...rest } = explainList({ answer, token: ofNobody(token), isOfOne: false });
  const how =
    agents === 0
      ? ONE_BY_ONE
      : '`adherence collect` asks for the list and reads whom it does not show to have stayed.';
  return { check, ...rest, means: `${means} ${how}` };
}

/** The token when nobody is asked about in particular. */
function ofNobody({ grant, scopes }: TokenSeen): StatesToken {
  return { grant, scopes, isOwn: undefined };
}
