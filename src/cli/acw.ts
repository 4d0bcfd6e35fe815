import { Command, Option } from 'commander';
import { ACW_TYPES, type AcwContract, type AcwType, formatInstant, toContractDocument } from '../program.ts';
import { wholeNumber, words } from './arguments.ts';
import { EXIT, withProgram } from './context.ts';
import { print, printJson, say } from './output.ts';
import { personAtTheCommandLine } from './person.ts';

interface StartOptions {
  readonly seconds: number;
  readonly type: AcwType;
  readonly reason: string;
  readonly json?: boolean;
}

interface ExtendOptions {
  readonly seconds: number;
  readonly json?: boolean;
}

const seconds = wholeNumber(1, 86_400);

export function acwCommand(onStatus: (status: number) => void): Command {
  const acw = new Command('acw').description('Enforce after-call work of sessions.').helpCommand(false);
  acw
    .command('start')
    .description('Enforce after-call work of a session, once; the same again is answered with the first.')
    .argument('<session>', 'id of a session that is in after-call work')
    .requiredOption('--seconds <n>', 'how long, from 1 to 86400', seconds)
    .addOption(new Option('--type <type>', 'whose rule it is').choices([...ACW_TYPES]).makeOptionMandatory())
    .requiredOption('--reason <code>', 'the reason code that WEM sees', words)
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Example:
  adherence acw start ses_000001 --seconds 90 --type manual --reason crm_update

Exit status: 0 it runs, 1 refused, 3 nobody can say yet whether the vendor took it; the worker finds out.`,
    )
    .action(async (session: string, options: StartOptions) => onStatus(await start(session, options)));
  acw
    .command('extend')
    .description('Make after-call work that is enforced longer, once.')
    .argument('<session>', 'id of the session')
    .requiredOption('--seconds <n>', 'how much longer than what is left now', seconds)
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  adherence acw extend ses_000001 --seconds 60')
    .action(async (session: string, options: ExtendOptions) => onStatus(await extend(session, options)));
  return acw;
}

async function start(sessionId: string, { seconds, type, reason, json }: StartOptions): Promise<number> {
  return withProgram(
    async (program, signal) => {
      const person = await personAtTheCommandLine(program.config, 'ops');
      const terms = { durationSeconds: seconds, type, reasonCode: reason };
      const started = await program.control.startAcw(sessionId, terms, person, signal);
      if (started.outcome === 'refused') return refused(sessionId, started, json);
      const { contract, outcome } = started;
      if (outcome !== 'contract_exists') return shown(contract, outcome, json);
      const why = 'it has after-call work with other terms, which stands';
      return refused(sessionId, { code: outcome, why }, json, contract);
    },
    { vendor: true },
  );
}

async function extend(sessionId: string, { seconds, json }: ExtendOptions): Promise<number> {
  return withProgram(
    async (program, signal) => {
      const person = await personAtTheCommandLine(program.config, 'ops');
      const extended = await program.control.extendAcw(sessionId, seconds, person, signal);
      if (extended.outcome === 'refused') return refused(sessionId, extended, json);
      return shown(extended.contract, extended.outcome, json);
    },
    { vendor: true },
  );
}

async function shown(contract: AcwContract, outcome: string, json: boolean | undefined): Promise<number> {
  if (json) await printJson({ outcome, ...toContractDocument(contract) });
  else await print(inWords(contract));
  const isOpen = contract.status === 'unknown' || contract.extension.status === 'unknown';
  return isOpen ? EXIT.partial : EXIT.done;
}

function inWords({ sessionId, status, durationSeconds, type, endsAt, extension }: AcwContract): string {
  const until = endsAt === undefined ? '' : ` until ${formatInstant(endsAt)}`;
  const more = extension.status === 'none' ? '' : `; ${extension.seconds} s more: ${extension.status}`;
  return `${sessionId}: ${durationSeconds} s of ${type} after-call work, ${status}${until}${more}`;
}

async function refused(
  sessionId: string,
  { code, why }: { readonly code: string; readonly why: string },
  json: boolean | undefined,
  contract?: AcwContract,
): Promise<number> {
  const standing = contract === undefined ? {} : { contract: toContractDocument(contract) };
  if (json) await printJson({ outcome: 'refused', sessionId, code, why, ...standing });
  else say(`adherence: ${sessionId}: ${code}: ${why}`);
  return EXIT.failed;
}
