import { describe, expect, it } from 'vitest';
import type {
  NoAnswer,
  StatesAnswer,
  StatesToken,
  StatusSeen,
  TokenGrant,
} from '../../src/domain/agent-state.ts';
import { worstLevel } from '../../src/domain/checkup.ts';
import { explainList } from '../../src/domain/explain-list.ts';
import { explainStates, type StatesVerdict } from '../../src/domain/explain-states.ts';

const AT = Date.UTC(2026, 2, 2, 9);
const SCOPES = ['user:read', 'agent:state:read'];

/** What the vendor may answer; which status and body make which, `test/cxone/agent-states.test.ts` holds. */
const ANSWERS = {
  states: { kind: 'states', current: { type: 'Busy', name: 'Wrap Up', at: AT } },
  offline: { kind: 'states', current: { type: ' Offline', name: 'Offline', at: AT } },
  empty: { kind: 'empty' },
  not_found: { kind: 'not_found' },
  forbidden: { kind: 'forbidden', message: 'states of agent a: status 403' },
  unauthorized: { kind: 'unauthorized', message: 'states of agent a: status 401' },
  malformed: { kind: 'malformed', message: 'states of agent a: states should be a list' },
  rejected: { kind: 'rejected', message: 'states of agent a: status 400' },
  unreachable: { kind: 'unreachable', message: 'states of agent a: no complete answer' },
} as const satisfies Record<string, StatesAnswer>;

const STATUSES = {
  working: { state: 'acw', isOffline: false },
  offline: { state: 'offline', isOffline: true },
  absent: 'absent',
  unknown: 'unknown',
} as const satisfies Record<string, StatusSeen>;

const GRANTS: readonly TokenGrant[] = [
  'client_credentials',
  'password',
  'refresh_token',
  'authorization_code',
];
const OWNERS = [true, false, undefined] as const;
const GRANTED = [SCOPES, ['user:read'], undefined] as const;

/** By answer and telephony status, of a token that acts for a person. */
const TABLE: Readonly<Record<keyof typeof ANSWERS, Readonly<Record<keyof typeof STATUSES, StatesVerdict>>>> =
  {
    states: { working: 'logged_in', offline: 'logged_in', absent: 'logged_in', unknown: 'logged_in' },
    offline: { working: 'offline', offline: 'offline', absent: 'offline', unknown: 'offline' },
    empty: { working: 'hidden', offline: 'not_logged_in', absent: 'absent', unknown: 'absent' },
    not_found: { working: 'hidden', offline: 'not_logged_in', absent: 'absent', unknown: 'absent' },
    forbidden: { working: 'forbidden', offline: 'forbidden', absent: 'forbidden', unknown: 'forbidden' },
    unauthorized: all('unauthorized'),
    malformed: all('malformed'),
    rejected: all('rejected'),
    unreachable: all('unreachable'),
  };

function all(verdict: StatesVerdict) {
  return { working: verdict, offline: verdict, absent: verdict, unknown: verdict };
}

/** What the grant and the scopes change about the table. */
function expected(
  answer: keyof typeof ANSWERS,
  status: keyof typeof STATUSES,
  { grant, scopes }: StatesToken,
): StatesVerdict {
  const says = ['empty', 'not_found', 'forbidden'].includes(answer);
  if (says && scopes !== undefined && !scopes.includes('agent:state:read')) return 'scope_missing';
  return grant === 'client_credentials' && says ? 'no_user_context' : TABLE[answer][status];
}

const ROWS = Object.keys(ANSWERS).flatMap((answer) =>
  Object.keys(STATUSES).flatMap((status) =>
    GRANTS.flatMap((grant) =>
      GRANTED.flatMap((scopes) =>
        OWNERS.map((isOwn) => ({
          answer: answer as keyof typeof ANSWERS,
          status: status as keyof typeof STATUSES,
          token: { grant, scopes, isOwn },
        })),
      ),
    ),
  ),
);

describe('answer × telephony status × grant × scopes × whose token', () => {
  it('give the diagnosis of the table, in every row', () => {
    expect(ROWS).toHaveLength(9 * 4 * 4 * 3 * 3);
    for (const { answer, status, token } of ROWS) {
      const row = JSON.stringify({ answer, status, token });
      const got = explainStates({ answer: ANSWERS[answer], token, status: STATUSES[status] });
      expect(got.verdict, row).toBe(expected(answer, status, token));
      expect(got.means, row).toMatch(/\.$/);
      expect(got.todo === undefined, row).toBe(got.level === 'ok');
    }
  });

  it('never say that an agent is logged out unless an answer said so', () => {
    const noAnswers: NoAnswer['kind'][] = [
      'forbidden',
      'unauthorized',
      'malformed',
      'rejected',
      'unreachable',
    ];
    for (const { answer, status, token } of ROWS.filter((row) =>
      (noAnswers as string[]).includes(row.answer),
    )) {
      const { says, means, level, verdict } = explainStates({
        answer: ANSWERS[answer],
        token,
        status: STATUSES[status],
      });
      expect(level).toBe('problem');
      expect(['not_logged_in', 'absent', 'hidden', 'offline']).not.toContain(verdict);
      expect(`${says} ${means}`).not.toMatch(/is not logged in|logged out(?!\.$)/);
    }
  });
});

const OWN: StatesToken = { grant: 'password', scopes: SCOPES, isOwn: true };
const OTHERS: StatesToken = { ...OWN, isOwn: false };
const SERVICE: StatesToken = { grant: 'client_credentials', scopes: SCOPES, isOwn: false };

describe('the words of the diagnosis', () => {
  it.each<[string, StatesAnswer, StatesToken, StatusSeen, RegExp]>([
    [
      'logged in',
      ANSWERS.states,
      OWN,
      'unknown',
      /Logged in. Type: Busy, name: Wrap Up, since 2026-03-02T09:00/,
    ],
    ['offline', ANSWERS.offline, OWN, 'unknown', /^Offline. Type: {1,2}Offline/],
    ['client_credentials', ANSWERS.empty, SERVICE, 'unknown', /no user context.*`adherence login`/],
    ['client_credentials, 404', ANSWERS.not_found, SERVICE, 'absent', /404, to a client_credentials.*login/],
    ['not logged in', ANSWERS.not_found, OTHERS, STATUSES.offline, /not logged in.*CXone Desktop.*"Log In"/],
    [
      'hidden',
      ANSWERS.empty,
      OTHERS,
      STATUSES.working,
      /acw.*not shown to this token.*another user.*Admin > Users/,
    ],
    [
      'own and hidden',
      ANSWERS.empty,
      OWN,
      STATUSES.working,
      /The token is the agent's own.*at least one skill group\. *$/,
    ],
    [
      'absent',
      ANSWERS.not_found,
      OTHERS,
      'absent',
      /answers 404 too.*not logged in, or is in no skill group.*one that \/api\/v2\/users gives.*Desktop.*Admin > Users > Agents/,
    ],
    [
      'whose token',
      ANSWERS.empty,
      { ...OWN, isOwn: undefined },
      'unknown',
      /Whose token it is cannot be told/,
    ],
    [
      'scope',
      ANSWERS.forbidden,
      { ...OWN, scopes: ['user:read'] },
      'unknown',
      /lacks the scope agent:state:read.*Admin > Security > OAuth Clients.*regenerate the client secret/,
    ],
    [
      'nothing, for want of the scope',
      ANSWERS.empty,
      { ...OWN, scopes: ['user:read'] },
      STATUSES.working,
      /200 with no states.*lacks the scope agent:state:read.*nothing about the agent.*OAuth Clients/,
    ],
    ['grant', ANSWERS.forbidden, SERVICE, 'unknown', /client_credentials token has no user context.*login/],
    ['role', ANSWERS.forbidden, OWN, 'unknown', /may not read agents' states.*role of the user/],
    ['network', ANSWERS.unreachable, OWN, 'unknown', /could not be asked.*not that anybody is logged out/],
    ['malformed', ANSWERS.malformed, OWN, 'unknown', /not the same as empty/],
  ])('tell of %s', (_what, answer, token, status, words) => {
    const { says, means, todo = '' } = explainStates({ answer, token, status });
    expect(`${says} ${means} ${todo}`).toMatch(words);
  });
});

describe('the global list', () => {
  const none = { kind: 'list', agents: 0, current: undefined } as const;
  const some = { kind: 'list', agents: 3, current: undefined } as const;

  it.each([
    [
      'nobody',
      none,
      OTHERS,
      true,
      'warning',
      /\[\].*Nobody is visible to this token, or nobody is logged in.*supervisors/,
    ],
    ['nobody, to a service account', none, SERVICE, true, 'warning', /no user context.*`adherence login`/],
    [
      'nobody, for want of the scope',
      none,
      { ...OTHERS, scopes: [] },
      true,
      'warning',
      /\[\].*lacks the scope agent:state:read.*OAuth Clients/,
    ],
    ['some', some, OTHERS, false, 'ok', /lists 3 agents.*shown who is logged in/],
    ['one', { ...some, agents: 1 }, OTHERS, false, 'ok', /lists 1 agent /],
    ['others', some, OTHERS, true, 'warning', /this one not.*not logged in, or this token is not shown it/],
    [
      'this one',
      { ...some, current: ANSWERS.states.current },
      OTHERS,
      true,
      'ok',
      /this one as Busy, Wrap Up since/,
    ],
    ['403', ANSWERS.forbidden, { ...OWN, scopes: [] }, false, 'problem', /lacks the scope/],
    ['no answer', ANSWERS.unreachable, OWN, true, 'problem', /could not be asked/],
  ] as const)('of %s is explained', (_what, answer, token, isOfOne, level, words) => {
    const got = explainList({ answer, token, isOfOne });
    expect(got.level).toBe(level);
    expect(`${got.says} ${got.means} ${got.todo ?? ''}`).toMatch(words);
  });
});

it('the worst of several checks counts', () => {
  expect(worstLevel([])).toBe('ok');
  expect(worstLevel([{ level: 'ok' }, { level: 'warning' }, { level: 'ok' }])).toBe('warning');
  expect(worstLevel([{ level: 'problem' }, { level: 'warning' }])).toBe('problem');
});
