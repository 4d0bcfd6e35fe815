import { Argument, Command } from 'commander';
import {
  type Approval,
  formatInstant,
  type Override,
  SETTABLE_STATES,
  type SettableState,
  toOverrideDocument,
} from '../program.ts';
import { texts, words } from './arguments.ts';
import { EXIT, withProgram } from './context.ts';
import { print, printJson, say, table } from './output.ts';
import { personAtTheCommandLine } from './person.ts';

const SHOWN = 200;

interface Json {
  readonly json?: boolean;
}

export function overrideCommand(onStatus: (status: number) => void): Command {
  const override = new Command('override')
    .description('Force a status, which takes two supervisors.')
    .helpCommand(false);
  override
    .command('request')
    .description('Ask for a forced change; nothing is sent before another supervisor approves it.')
    .argument('<user>', 'user id of the agent')
    .addArgument(new Argument('<state>', 'what the agent is to be').choices(SETTABLE_STATES))
    .requiredOption('--incident <ticket>', 'the ticket that says why', words)
    .requiredOption('--reason <text>', 'why, in words', words)
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  adherence override request usr_000001 offline --incident INC-4711 --reason "security lockout"',
    )
    .action(async (user: string, state: SettableState, options: RequestOptions) =>
      onStatus(await request(user, state, options)),
    );
  override
    .command('approve')
    .description('Approve what another supervisor asked for within 15 minutes, and carry it out.')
    .argument('<id>', 'id of the request')
    .option('--acknowledge <session>', 'a session that will be cut; may be given several times', texts)
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
It fails unless just those sessions are live that are acknowledged; without any it says which are.

Example:
  adherence override approve ovr_0123 --acknowledge ses_000001

Exit status: 0 it was forced, 1 blocked or not taken, 3 nobody can say yet; the worker finds out.`,
    )
    .action(async (id: string, options: ApproveOptions) => onStatus(await approve(id, options)));
  override
    .command('deny')
    .description('End a request without carrying it out.')
    .argument('<id>', 'id of the request')
    .option('--note <text>', 'why', words)
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  adherence override deny ovr_0123 --note "not needed any more"')
    .action(async (id: string, options: DenyOptions) => onStatus(await deny(id, options)));
  override
    .command('list')
    .description('Show what was asked for and what became of it, the latest first.')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  adherence override list')
    .action(async ({ json }: Json) => onStatus(await list(json === true)));
  return override;
}

interface RequestOptions extends Json {
  readonly incident: string;
  readonly reason: string;
}

async function request(
  userId: string,
  state: SettableState,
  { incident, reason, json }: RequestOptions,
): Promise<number> {
  return withProgram(async (program) => {
    const person = await personAtTheCommandLine(program.config, 'supervisor');
    const asked = await program.control.requestOverride({ userId, state, incident, reason }, person);
    if (json) await printJson(toOverrideDocument(asked));
    else {
      await print(asked.overrideId);
      say(`Another supervisor may approve it until ${formatInstant(asked.expiresAt)}.`);
    }
    return EXIT.done;
  });
}

interface ApproveOptions extends Json {
  readonly acknowledge?: readonly string[];
}

async function approve(id: string, { acknowledge = [], json }: ApproveOptions): Promise<number> {
  return withProgram(
    async (program, signal) => {
      const person = await personAtTheCommandLine(program.config, 'supervisor');
      const approval = await program.control.approveOverride(id, person, acknowledge, signal);
      return approval.outcome === 'blocked' ? blocked(id, approval, json) : settled(approval.override, json);
    },
    { vendor: true },
  );
}

async function blocked(
  id: string,
  { code, why, live }: Extract<Approval, { outcome: 'blocked' }>,
  json: boolean | undefined,
): Promise<number> {
  if (json) await printJson({ outcome: 'blocked', id, code, why, live });
  else {
    say(`adherence: ${id}: ${code}: ${why}`);
    if (live.length > 0) say(`Live now: ${live.join(', ')}`);
  }
  return EXIT.failed;
}

async function settled(override: Override, json: boolean | undefined): Promise<number> {
  const { status, why } = override;
  if (json) await printJson({ outcome: 'sent', ...toOverrideDocument(override) });
  else await print(inWords(override));
  if (status === 'executed') return EXIT.done;
  if (!json && why !== undefined) say(`adherence: ${why}`);
  return status === 'failed' ? EXIT.failed : EXIT.partial;
}

function inWords({ overrideId, userId, state, status, updatedAt }: Override): string {
  const at = updatedAt === undefined ? '' : ` at ${formatInstant(updatedAt)}`;
  return `${overrideId}: ${userId} to ${state}: ${status}${at}`;
}

interface DenyOptions extends Json {
  readonly note?: string;
}

async function deny(id: string, { note, json }: DenyOptions): Promise<number> {
  return withProgram(async (program) => {
    const person = await personAtTheCommandLine(program.config, 'supervisor');
    const denied = await program.control.denyOverride(id, person, note);
    await (json ? printJson(toOverrideDocument(denied)) : print(inWords(denied)));
    return EXIT.done;
  });
}

async function list(json: boolean): Promise<number> {
  return withProgram(
    async (program) => {
      const overrides = await program.store.listOverrides(SHOWN);
      if (json) await printJson({ items: overrides.map(toOverrideDocument) });
      else if (overrides.length === 0) await print('Nobody has asked for a forced change.');
      else await print(table(HEADER, overrides.map(rowOf)));
      return EXIT.done;
    },
    { readonly: true },
  );
}

const HEADER = ['override', 'agent', 'state', 'incident', 'asked for by', 'at', 'status', 'decided by'];

function rowOf(override: Override): string[] {
  const { overrideId, userId, state, incident, requestedBy, requestedAt, status, decidedBy = '' } = override;
  return [overrideId, userId, state, incident, requestedBy, formatInstant(requestedAt), status, decidedBy];
}
