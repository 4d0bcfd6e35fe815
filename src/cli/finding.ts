import { Command } from 'commander';
import { type FindingStory, formatInstant, ProgramError, storyDocument, verdictInWords } from '../program.ts';
import { EXIT, withProgram } from './context.ts';
import { print, printJson, table } from './output.ts';

export function findingCommand(onStatus: (status: number) => void): Command {
  const finding = new Command('finding').description('Look at one finding.').helpCommand(false);
  finding
    .command('show')
    .description(
      'The whole story: what was logged and reported, the verdict, corrections, attempts, history.',
    )
    .argument('<id>', 'id of the finding')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  adherence finding show fnd_0123456789abcdef01234567')
    .action(async (id: string, { json }: { json?: boolean }) => onStatus(await show(id, json === true)));
  return finding;
}

async function show(id: string, json: boolean): Promise<number> {
  return withProgram(async (program) => {
    const story = await program.store.findingStory(id);
    if (story === undefined) throw new ProgramError('not_found', `there is no finding ${id}`);
    await (json ? printJson(storyDocument(story)) : print(inWords(story)));
    return EXIT.done;
  });
}

function inWords(story: FindingStory): string {
  return [...verdict(story), ...evidence(story), ...corrected(story), ...history(story)].join('\n');
}

function verdict({ row }: FindingStory): string[] {
  const { findingId, kind, status, userId, agentName, detectedAt, runId, reviewedBy, reviewNote } = row;
  const name = agentName === undefined ? '' : ` (${agentName})`;
  const note = reviewNote === undefined ? '' : `: ${reviewNote}`;
  return [
    `${findingId}  ${kind}  ${status}`,
    `Agent ${userId}${name}, found ${formatInstant(detectedAt)}, last changed by run ${runId}`,
    '',
    verdictInWords(row),
    ...(reviewedBy === undefined ? [] : [`Decided by ${reviewedBy}${note}`]),
  ];
}

function evidence({ evidence }: FindingStory): string[] {
  if (evidence === undefined) return [];
  const { log, report, shifts } = evidence;
  const logged = log.map(({ at, state, receivedAt }) => [
    formatInstant(at),
    state,
    formatInstant(receivedAt),
  ]);
  const reported = report.map(({ start, end, state, durationSeconds }) => [
    formatInstant(start),
    end === undefined ? 'still open' : formatInstant(end),
    state,
    durationSeconds,
  ]);
  const planned = shifts.map(({ id, start, end, timeZone }) => [
    id,
    formatInstant(start),
    formatInstant(end),
    timeZone,
  ]);
  return [
    ...section('Logged', ['at', 'state', 'received'], logged),
    ...section('Reported', ['from', 'to', 'state', 'seconds'], reported),
    ...(planned.length === 0 ? [] : section('Shifts', ['shift', 'from', 'to', 'zone'], planned)),
  ];
}

function corrected({ corrections, attempts }: FindingStory): string[] {
  const made = corrections.map(({ correctionId, start, end, state, status, vendorId }) => [
    correctionId,
    formatInstant(start),
    formatInstant(end),
    state,
    status,
    vendorId ?? '',
  ]);
  const tried = attempts.map(({ correctionId, startedAt, answer }) => [
    correctionId,
    formatInstant(startedAt),
    answer ?? 'none',
  ]);
  const columns = ['correction', 'from', 'to', 'state', 'status', "vendor's id"];
  return [
    ...(made.length === 0 ? [] : section('Corrections', columns, made)),
    ...(tried.length === 0 ? [] : section('Attempts', ['correction', 'at', 'answer'], tried)),
  ];
}

function history({ history }: FindingStory): string[] {
  const steps = history.map(({ at, entity, from, to, actor, why }) => [
    formatInstant(at),
    entity,
    from ?? '',
    to,
    actor,
    why,
  ]);
  return section('History', ['at', 'what', 'from', 'to', 'by', 'why'], steps);
}

function section(title: string, columns: readonly string[], rows: Parameters<typeof table>[1]): string[] {
  return ['', title, table(columns, rows)];
}
