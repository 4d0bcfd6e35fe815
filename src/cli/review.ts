import { Command } from 'commander';
import {
  type FindingKind,
  formatInstant,
  formatOrNull,
  isCorrectable,
  type Program,
  ProgramError,
  type Reviewed,
} from '../program.ts';
import { EXIT, withProgram } from './context.ts';
import { print, printJson, say, table } from './output.ts';
import { personAtTheCommandLine } from './person.ts';

const SHOWN = 200;

export function reviewCommand(onStatus: (status: number) => void): Command {
  const review = new Command('review')
    .description('Decide on findings that wait for a person.')
    .helpCommand(false);
  review
    .command('list')
    .description('Show the findings that wait, oldest first.')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  adherence review list')
    .action(async ({ json }: { json?: boolean }) => onStatus(await list(json === true)));
  review
    .command('approve')
    .description('Have findings corrected; or their corrections taken back, where that is what is asked.')
    .argument('<id...>', 'ids of findings')
    .option('--note <text>', 'why')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  adherence review approve fnd_0123456789abcdef01234567')
    .action(async (ids: string[], options: DecideOptions) => onStatus(await decide(ids, 'approve', options)));
  review
    .command('dismiss')
    .description('Let findings be; they stay dismissed unless their extent changes.')
    .argument('<id...>', 'ids of findings')
    .requiredOption('--note <text>', 'why')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  adherence review dismiss fnd_0123456789abcdef01234567 --note "fire drill"',
    )
    .action(async (ids: string[], options: DecideOptions) => onStatus(await decide(ids, 'dismiss', options)));
  return review;
}

interface DecideOptions {
  readonly note?: string;
  readonly json?: boolean;
}

async function list(json: boolean): Promise<number> {
  return withProgram(async (program) => {
    const items = await program.store.listReview(SHOWN);
    if (json) {
      const document = items.map((item) => ({
        ...item,
        loggedAt: formatOrNull(item.loggedAt),
        reportedAt: formatOrNull(item.reportedAt),
        differenceFrom: formatInstant(item.differenceFrom),
        differenceTo: formatInstant(item.differenceTo),
        shiftEdgeAt: formatOrNull(item.shiftEdgeAt),
        detectedAt: formatInstant(item.detectedAt),
      }));
      await printJson({ items: document });
    } else if (items.length === 0) {
      await print('Nothing waits for a person.');
    } else {
      const rows = items.map((item) => [
        item.findingId,
        item.userId,
        item.kind,
        formatInstant(item.differenceFrom),
        (item.differenceMs / 1000).toFixed(3),
        asksTo(item.kind, item.takeBackAsked),
        item.shiftEdge === undefined ? '' : `${item.shiftEdge} of ${item.shiftId}`,
      ]);
      await print(table(['finding', 'agent', 'kind', 'from', 'seconds', 'asks to', 'near'], rows));
      if (items.length === SHOWN)
        say(`These are the oldest ${SHOWN}; decide on them to see more, or use export --status in_review.`);
    }
    return EXIT.done;
  });
}

/** What approving would do. */
function asksTo(kind: FindingKind, takeBackAsked: boolean): string {
  if (takeBackAsked) return 'take back';
  return isCorrectable(kind) ? 'correct' : 'look at';
}

/** One that cannot be decided does not stop the others. */
async function decide(
  ids: readonly string[],
  verdict: 'approve' | 'dismiss',
  { note, json }: DecideOptions,
): Promise<number> {
  return withProgram(async (program) => {
    const person = await personAtTheCommandLine(program.config, 'supervisor');
    const { reviewed, errors } = await decideAll(program, ids, verdict, person, note);
    if (json) await printJson({ items: reviewed, errors });
    for (const { findingId, status, corrections, takeBacks } of json ? [] : reviewed) {
      await print(`${findingId}: ${status}; ${corrections} corrections made, ${takeBacks} to be taken back`);
    }
    for (const { message } of json ? [] : errors) say(`adherence: ${message}`);
    if (errors.length === 0) return EXIT.done;
    return reviewed.length > 0 ? EXIT.partial : EXIT.failed;
  });
}

async function decideAll(
  program: Program,
  ids: readonly string[],
  verdict: 'approve' | 'dismiss',
  person: string,
  note: string | undefined,
): Promise<{ reviewed: Reviewed[]; errors: { id: string; code: string; message: string }[] }> {
  const reviewed: Reviewed[] = [];
  const errors: { id: string; code: string; message: string }[] = [];
  for (const id of ids) {
    try {
      reviewed.push(await program.review(id, verdict, person, note));
    } catch (error) {
      if (!(error instanceof ProgramError) || error.code === 'invalid_argument') throw error;
      errors.push({ id, code: error.code, message: error.message });
    }
  }
  return { reviewed, errors };
}
