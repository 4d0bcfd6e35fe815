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
  const { row, evidence, corrections, attempts, history } = story;
  const parts = [
    `${row.findingId}  ${row.kind}  ${row.status}`,
    `Agent ${row.userId}${row.agentName === undefined ? '' : ` (${row.agentName})`}, found ${formatInstant(row.detectedAt)}, last changed by run ${row.runId}`,
    '',
    verdictInWords(row),
  ];
  if (row.reviewedBy !== undefined)
    parts.push(`Decided by ${row.reviewedBy}${row.reviewNote === undefined ? '' : `: ${row.reviewNote}`}`);
  if (evidence !== undefined) {
    parts.push(
      '',
      'Logged',
      table(
        ['at', 'state', 'received'],
        evidence.log.map(({ at, state, receivedAt }) => [
          formatInstant(at),
          state,
          formatInstant(receivedAt),
        ]),
      ),
    );
    parts.push(
      '',
      'Reported',
      table(
        ['from', 'to', 'state', 'seconds'],
        evidence.report.map(({ start, end, state, durationSeconds }) => [
          formatInstant(start),
          end === undefined ? 'still open' : formatInstant(end),
          state,
          durationSeconds,
        ]),
      ),
    );
    if (evidence.shifts.length > 0) {
      parts.push(
        '',
        'Shifts',
        table(
          ['shift', 'from', 'to', 'zone'],
          evidence.shifts.map(({ id, start, end, timeZone }) => [
            id,
            formatInstant(start),
            formatInstant(end),
            timeZone,
          ]),
        ),
      );
    }
  }
  if (corrections.length > 0) {
    parts.push(
      '',
      'Corrections',
      table(
        ['correction', 'from', 'to', 'state', 'status', "vendor's id"],
        corrections.map((correction) => [
          correction.correctionId,
          formatInstant(correction.start),
          formatInstant(correction.end),
          correction.state,
          correction.status,
          correction.vendorId ?? '',
        ]),
      ),
    );
  }
  if (attempts.length > 0) {
    parts.push(
      '',
      'Attempts',
      table(
        ['correction', 'at', 'answer'],
        attempts.map(({ correctionId, startedAt, answer }) => [
          correctionId,
          formatInstant(startedAt),
          answer ?? 'none',
        ]),
      ),
    );
  }
  parts.push(
    '',
    'History',
    table(
      ['at', 'what', 'from', 'to', 'by', 'why'],
      history.map(({ at, entity, from, to, actor, why }) => [
        formatInstant(at),
        entity,
        from ?? '',
        to,
        actor,
        why,
      ]),
    ),
  );
  return parts.join('\n');
}
