import { parseInstant } from '../../domain/instant.ts';
import type { RunDocument } from '../documents.ts';
import { type Html, html, type Part, path } from './html.ts';
import { nothing, numeric, table } from './layout.ts';
import { ago, utcTime } from './times.ts';
import { badge, count, figure, KIND_WORDS } from './words.ts';

/** A line of the ledger. */
function runRow(run: RunDocument): Html {
  const { runId, status, trigger, startedAt, agents, findings, corrections, durationMs } = run;
  const label = `Run ${runId}`;
  return html`<tr><th scope="row"><a href="${path`/runs/${runId}`}">${label}</a></th><td>${badge(status)}</td>
<td>${utcTime(instantOf(startedAt))}</td><td>${durationMs === null ? progress(run) : ago(durationMs)}</td><td>${trigger}</td>
<td class="number">${figure(agents.judged)}${agents.failed > 0 && html` <small>${figure(agents.failed)} failed</small>`}</td>
<td class="number">${figure(findings.new)}</td><td class="number">${figure(corrections.delivered)} of ${figure(corrections.made)}</td></tr>`;
}

export function runTable(runs: readonly RunDocument[]): Html {
  return table(
    'Ledger',
    [
      'Run',
      'Status',
      'Started',
      'Took',
      'By',
      numeric('Agents judged'),
      numeric('New findings'),
      numeric('Delivered'),
    ],
    runs.map(runRow),
  );
}

/** How far it is: agents judged, or not to be judged, of those that have something due. */
export function progress({ runId, agents: { planned, judged, failed } }: RunDocument): Html {
  const done = judged + failed;
  const bar =
    planned === 0
      ? html`<progress aria-label="Progress of run ${runId}"></progress>`
      : html`<progress aria-label="Progress of run ${runId}" value="${done}" max="${planned}"></progress>`;
  return html`${bar} <small>${figure(done)} of ${count(planned, 'agent')}</small>`;
}

/** Why it is held, failed or set aside. */
export function runReason({ reason }: RunDocument): Html | undefined {
  return reason === null ? undefined : html`<p class="alert">${reason}</p>`;
}

/** All else that is known of a run. */
export function runFacts(run: RunDocument): Html {
  const { status, agents, findings, corrections, trigger } = run;
  const entries: [string, Part][] = [
    ['Status', badge(status)],
    ['By', trigger],
    ['Started', utcTime(instantOf(run.startedAt))],
    ['Ended', run.endedAt === null ? progress(run) : utcTime(instantOf(run.endedAt))],
    [
      'Judged',
      run.from === null && run.to === null
        ? 'all that was due'
        : html`${utcTime(instantOf(run.from))} to ${utcTime(instantOf(run.to))}`,
    ],
    [
      'Agents',
      `${figure(agents.judged)} judged, ${figure(agents.failed)} failed, of ${figure(agents.planned)}`,
    ],
    ['Windows', figure(run.windows)],
    [
      'Findings',
      `${figure(findings.new)} new, ${figure(findings.changed)} changed, ${figure(findings.resolved)} resolved`,
    ],
    [
      'Corrections',
      `${figure(corrections.made)} made, ${figure(corrections.delivered)} delivered, ${figure(corrections.waiting)} waiting, ${figure(corrections.held)} held, ${figure(corrections.failed)} failed`,
    ],
  ];
  return html`<dl class="facts">${entries.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
${kinds(run)}${troubles(run)}`;
}

function kinds({ findings: { byKind } }: RunDocument): Html {
  const rows = Object.entries(byKind).map(
    ([kind, findings]) =>
      html`<tr><th scope="row">${KIND_WORDS[kind as keyof typeof KIND_WORDS] ?? kind}</th><td class="number">${figure(findings ?? 0)}</td></tr>`,
  );
  return html`<h2>Findings</h2>${rows.length === 0 ? nothing('None so far.') : table('By kind', ['Kind', numeric('Findings')], rows)}`;
}

function troubles({ errorCount, errors }: RunDocument): Html | undefined {
  if (errorCount === 0) return undefined;
  const rows = errors.map(
    ({ agent, code, message }) =>
      html`<tr><th scope="row" class="id">${agent || 'the run'}</th><td><code>${code}</code></td><td>${message}</td></tr>`,
  );
  return html`<h2>What went wrong</h2>${table(count(errorCount, 'error'), ['Of', 'Code', 'What happened'], rows)}`;
}

function instantOf(text: string | null) {
  return text === null ? undefined : parseInstant(text);
}
