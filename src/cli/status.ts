import { Argument, Command, InvalidArgumentError } from 'commander';
import {
  GROUP_STATES,
  type OutcomeDocument,
  outcomeDocument,
  SETTABLE_STATES,
  type StatusRequest,
  shownDocument,
  WITHIN_MS,
} from '../program.ts';
import { EXIT, withProgram } from './context.ts';
import { print, printJson, say, table } from './output.ts';
import { personAtTheCommandLine } from './person.ts';

type GroupStates = StatusRequest['wanted']['skillGroups'];
type SettableState = StatusRequest['wanted']['state'];

export function statusCommand(onStatus: (status: number) => void): Command {
  const status = new Command('status')
    .description("See and change an agent's status, without harm to the agent's sessions.")
    .helpCommand(false);
  status
    .command('get')
    .description('Show telephony status, sessions, desktop presence and what is queued.')
    .argument('<user>', 'user id')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  adherence status get usr_000001')
    .action(async (userId: string, { json }: { json?: boolean }) =>
      onStatus(await show(userId, json === true)),
    );
  status
    .command('set')
    .description('Read, decide, then write; while sessions are up it is put off until they have ended.')
    .argument('<user>', 'user id')
    .addArgument(new Argument('<state>', 'what the agent is to be').choices(SETTABLE_STATES))
    .requiredOption('--reason <text>', 'why; the vendor keeps it as overrideReason', reasonText)
    .option('--skill-group <id=state>', 'a state of its own for a skill group; may be repeated', groupState)
    .option('--routing-group <id=state>', 'the same for a routing group', groupState)
    .option('--within <time>', 'how long it may wait: seconds, or such as 30m, 2h (default 30m)', duration)
    .option('--keep-older', 'queued changes of this agent stand and go first; else they are superseded')
    .option('--presence', "the desktop's presence is to follow")
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  adherence status set usr_000001 lunch --reason "shift plan"
  adherence status set usr_000001 busy --reason training --skill-group sk_chat=available --within 45m

Exit status 0 when it was applied, was so already or is queued; 1 when it was refused.`,
    )
    .action(async (userId: string, state: SettableState, options: SetOptions) =>
      onStatus(await set(userId, state, options)),
    );
  return status;
}

interface SetOptions {
  readonly reason: string;
  readonly skillGroup?: GroupStates;
  readonly routingGroup?: GroupStates;
  readonly within?: number;
  readonly keepOlder?: boolean;
  readonly presence?: boolean;
  readonly json?: boolean;
}

async function set(userId: string, state: SettableState, options: SetOptions): Promise<number> {
  return withProgram(
    async (program, signal) => {
      const requestedBy = await personAtTheCommandLine(program.config, 'ops');
      const { reason, skillGroup = [], routingGroup = [], within = WITHIN_MS.usual } = options;
      const { keepOlder = false, presence: withPresence = false } = options;
      const wanted = { state, skillGroups: skillGroup, routingGroups: routingGroup };
      const request = { userId, wanted, reason, withinMs: within, keepOlder, withPresence, requestedBy };
      const document = outcomeDocument(await program.control.status.change(request, signal));
      if (options.json === true) await printJson(document);
      else await print(inWords(userId, state, document));
      return ['applied', 'already_applied', 'queued'].includes(document.outcome) ? EXIT.done : EXIT.failed;
    },
    { vendor: true },
  );
}

function inWords(userId: string, state: string, document: OutcomeDocument): string {
  const { outcome, id, updatedTimestamp, waitingFor = [], deadlineAt, presence, why } = document;
  const desktop = presence === undefined ? '' : `; presence: ${presence}`;
  if (outcome === 'applied') return `${userId}: ${state} since ${updatedTimestamp}${desktop}`;
  if (outcome === 'already_applied') return `${userId}: ${state} already; nothing was sent${desktop}`;
  if (outcome !== 'queued') return `${userId}: ${outcome}: ${why}`;
  const sessions = waitingFor.length === 0 ? '' : ` for ${waitingFor.join(', ')}`;
  return `${userId}: queued as ${id}, waits${sessions} until ${deadlineAt}: ${why}`;
}

async function show(userId: string, json: boolean): Promise<number> {
  return withProgram(
    async (program, signal) => {
      const person = await personAtTheCommandLine(program.config, 'analyst');
      const shown = shownDocument(userId, await program.control.status.show(userId, person, signal));
      if (json) await printJson(shown);
      else await print(shownInWords(shown));
      if (!json && shown.status === null) {
        say('The agent is absent: not logged in, in no skill group, or unknown to the vendor.');
      }
      return EXIT.done;
    },
    { vendor: true },
  );
}

function shownInWords({ status, presence, sessions, changes }: ReturnType<typeof shownDocument>): string {
  const sides = [
    ['telephony', status?.state ?? 'absent', status?.updatedTimestamp ?? ''],
    ['presence', presence?.state ?? 'absent', presence?.updatedTimestamp ?? ''],
  ];
  const up = sessions.map(({ sessionId, mediaType, state }) => [sessionId, mediaType, state]);
  const queued = changes.map((change) => [
    change.id,
    change.state,
    change.status,
    change.deadlineAt,
    change.requestedBy,
  ]);
  return [
    table(['', 'state', 'since'], sides),
    ...(up.length > 0 ? [table(['session', 'channel', 'state'], up)] : []),
    ...(queued.length > 0 ? [table(['change', 'to', 'is', 'until', 'asked for by'], queued)] : []),
  ].join('\n\n');
}

function reasonText(text: string): string {
  const reason = text.trim();
  if (reason !== '' && reason.length <= 200) return reason;
  throw new InvalidArgumentError('Say why, in at most 200 characters.');
}

/** For options that may be given several times. */
function groupState(text: string, before: GroupStates = []): GroupStates {
  const [id = '', state = '', ...more] = text.split('=').map((part) => part.trim());
  if (id === '' || more.length > 0 || !GROUP_STATES.some((word) => word === state)) {
    throw new InvalidArgumentError(`Give an id and one of ${GROUP_STATES.join(', ')}: sk_chat=available.`);
  }
  if (before.some((group) => group.id === id)) throw new InvalidArgumentError(`${id} is named twice.`);
  return [...before, { id, state }];
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** In milliseconds. */
function duration(text: string): number {
  const [, digits = '', unit = 's'] = /^(\d{1,6})([smh]?)$/.exec(text.trim()) ?? [];
  const ms = Number(digits) * (UNIT_MS[unit || 's'] ?? 0);
  if (ms >= WITHIN_MS.least && ms <= WITHIN_MS.most) return ms;
  throw new InvalidArgumentError('Give 1 to 86400 seconds, or such as 30m or 2h.');
}
