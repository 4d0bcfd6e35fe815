import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FindingStory } from '../../../src/usecases/ports.ts';
import { basic, findingsOf, type House, openHouse, type Role } from './house.ts';
import { faults, links, post, type Read, read, words } from './reading.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse({ agents: 10 });
});
afterAll(() => house.close());

async function someInReview(count: number): Promise<string[]> {
  const rows = await house.program.store.listReview(count);
  expect(rows).toHaveLength(count);
  return rows.map(({ findingId }) => findingId);
}

/** The rows of the CSV without its head. */
async function rowsOf(address: string): Promise<string[]> {
  const { text, status } = await read(house, address);
  expect(status).toBe(200);
  return text.trimEnd().split('\r\n').slice(1);
}

function nextOf({ document }: Read): string | undefined {
  return document.querySelector('[rel=next]')?.getAttribute('href') ?? undefined;
}

/** The head of a column: where it leads, and how the rows are sorted by it. */
function headOf({ document }: Read, name: string) {
  const head = [...document.querySelectorAll('thead th')].find((cell) => cell.textContent?.startsWith(name));
  return {
    href: head?.querySelector('a')?.getAttribute('href') ?? '',
    sort: head?.getAttribute('aria-sort'),
  };
}

/** What a column is sorted by, from this page to the last; each row must be of the kind that was asked for. */
async function allCells(first: Read, column: number): Promise<(string | number)[]> {
  const cells: (string | number)[] = [];
  for (let page = first; ; ) {
    for (const row of page.document.querySelectorAll('tbody tr')) {
      expect(row.textContent).toContain('Boundary drift');
      const cell = row.children[column - 1];
      const time = cell?.querySelector('time')?.getAttribute('datetime');
      const text = (cell?.querySelector('a') ?? cell)?.textContent ?? '';
      cells.push(
        time ??
          (/ s$/.test(text)
            ? Number.parseFloat(text.replace('\u2212', '-').replace('\u202f', ''))
            : text.toLowerCase()),
      );
    }
    const next = nextOf(page);
    if (next === undefined) return cells;
    page = await read(house, next);
  }
}

/** The rows of the table with this caption: instants as such, all else as text. */
function rowsIn({ document }: Read, caption: string): (number | string)[][] {
  const table = [...document.querySelectorAll('table')].find(
    (one) => one.querySelector('caption')?.textContent === caption,
  );
  return [...(table?.querySelectorAll('tbody tr') ?? [])].map((row) =>
    [...row.children].map((cell) => {
      const time = cell.querySelector('time')?.getAttribute('datetime');
      return time === undefined || time === null ? (cell.textContent ?? '').trim() : Date.parse(time);
    }),
  );
}

/** `1 119.863 s`: thousands stand apart by a narrow blank. */
function inSeconds(seconds: number): string {
  const [whole = '', rest = ''] = seconds.toFixed(3).split('.');
  return `${Number(whole).toLocaleString('en').replaceAll(',', '\u202f')}.${rest} s`;
}

describe('the findings page', () => {
  it('shows a page of them, and all of them page by page', async () => {
    const ids: string[] = [];
    for (let address: string | undefined = '/findings?order=oldest'; address !== undefined; ) {
      const page = await read(house, address);
      expect(faults(page)).toEqual([]);
      const found = links(page).filter((href) => href.startsWith('/findings/'));
      ids.push(...found.map((href) => decodeURIComponent(href.slice('/findings/'.length))));
      address = nextOf(page);
    }
    const rows = await rowsOf('/reports/drift.csv');
    expect(ids).toEqual(rows.map((row) => row.split(',')[0]));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('sorts by a click on a head, there and back, and pages on in that order with the filter it had', async () => {
    const columns = [
      ['Agent', 'agent_up', 'agent_down', 1],
      ['When', 'newest', 'oldest', 5],
      ['Drift', 'drift_down', 'drift_up', 6],
      ['Misreported', 'misreported_down', 'misreported_up', 7],
    ] as const;
    for (const [name, first, second, column] of columns) {
      const start = await read(
        house,
        `/findings?kind=boundary_drift&order=${name === 'When' ? 'drift_up' : 'newest'}`,
      );
      const one = await read(house, headOf(start, name).href);
      const other = await read(house, headOf(one, name).href);
      for (const [page, order] of [
        [one, first],
        [other, second],
      ] as const) {
        expect(faults(page)).toEqual([]);
        expect(page.document.querySelectorAll('th[aria-sort]')).toHaveLength(1);
        const isUp = order === 'oldest' || order.endsWith('_up');
        expect(headOf(page, name).sort).toBe(isUp ? 'ascending' : 'descending');
        expect(page.document.querySelector('#order option[selected]')?.getAttribute('value')).toBe(order);
        const cells = await allCells(page, column);
        expect(cells.length).toBeGreaterThan(50);
        const sorted = cells.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0) * (isUp ? 1 : -1));
        expect(cells).toEqual(sorted);
      }
    }
  });

  it('filters, fills the form again and offers the same as a download', async () => {
    const [agent] = await house.program.store.agentsPage({}, 1);
    const query = new URLSearchParams([
      ['from', '2020-01-01T00:00'],
      ['to', ''],
      ['agent', agent?.name ?? ''],
      ['team', agent?.team ?? ''],
      ['kind', 'boundary_drift'],
      ['kind', 'missing_in_report'],
      ['status', ''],
    ]);
    const page = await read(house, `/findings?${query}`);
    expect(page.status).toBe(200);
    const [download = ''] = links(page).filter((href) => href.startsWith('/reports/'));
    const rows = await rowsOf(download);
    expect(rows.length).toBeGreaterThan(0);
    expect(words(page, 'caption')).toEqual([expect.stringContaining(`${Math.min(50, rows.length)} finding`)]);
    expect(page.document.querySelectorAll('input[name=kind][checked]')).toHaveLength(2);
    expect(page.document.querySelector('#from')?.getAttribute('value')).toBe('2020-01-01T00:00:00');
    expect(page.document.querySelector('#agent')?.getAttribute('value')).toBe(agent?.name);
  });

  it('says in words that nothing is like that, and what cannot be understood', async () => {
    const none = await read(house, '/findings?agent=nobody%3Cb%3E');
    expect(words(none, '.nothing').join()).toContain('No finding is like that.');
    expect(none.text).not.toContain('<b>');
    const wrong = await read(house, '/findings?from=yesterday&kind=x');
    expect(wrong.status).toBe(400);
    expect(wrong.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(words(wrong, '[role=alert]').join()).toMatch(/from must be an ISO 8601 instant/);
  });

  it.each(['analyst', 'ops'] as Role[])('lets nobody decide who is %s', async (role) => {
    const page = await read(house, '/findings?status=in_review', role);
    expect(page.document.querySelectorAll('input[name=finding], [name=verdict]')).toHaveLength(0);
    const [findingId = ''] = await someInReview(1);
    const answer = await post(
      house,
      '/findings/decide',
      [
        ['finding', findingId],
        ['verdict', 'approve'],
      ],
      role,
    );
    expect(answer.status).toBe(403);
  });
});

describe('deciding', () => {
  it('takes several findings at once, with the note, and says what became of each', async () => {
    const [a = '', b = ''] = await someInReview(2);
    const note = `not ours <script>alert('1')</script> "`;
    const fields = [
      ['finding', a],
      ['finding', b],
      ['verdict', 'dismiss'],
      ['note', note],
      ['back', '/findings?kind=report_gap'],
    ] as const;
    const page = await post(house, '/findings/decide', fields, 'supervisor');
    expect(page.status).toBe(200);
    expect(faults(page)).toEqual([]);
    expect(words(page, '[role=status]')).toEqual(['2 findings decided.']);
    expect(links(page)).toContain('/findings?kind=report_gap');
    const story = await read(house, `/findings/${a}`);
    expect(story.text).not.toContain('<script>alert');
    expect(words(story, 'dl').join()).toContain(note);
    expect(words(story, 'dl').join()).toContain('supervisor');
  });

  it('says of what has nothing to correct that nothing will be sent', async () => {
    const [row] = await findingsOf(house, { kinds: ['report_overlap'], statuses: ['in_review'] });
    const one = await read(house, `/findings/${row?.findingId}`, 'supervisor');
    expect(words(one, 'form p.quiet').join()).toContain('There is nothing to correct here');
    const values = words(one, '.facts dd');
    const facts = new Map(words(one, '.facts dt').map((name, index) => [name, values[index]]));
    expect([facts.get('Logged'), facts.get('Reported')]).toEqual(['–', '–']);
    const fields = [
      ['finding', row?.findingId ?? ''],
      ['verdict', 'approve'],
    ] as const;
    const page = await post(house, '/findings/decide', fields, 'supervisor');
    expect(words(page, 'main li').join()).toContain('now approved, nothing is sent');
  });

  it('stops at none that cannot be decided', async () => {
    const [a = ''] = await someInReview(1);
    const fields = [
      ['finding', 'fnd_unknown'],
      ['finding', a],
      ['verdict', 'approve'],
    ] as const;
    const page = await post(house, '/findings/decide', fields, 'supervisor');
    expect(words(page, '[role=status]')).toEqual(['1 finding decided, 1 not.']);
    expect(words(page, 'main li').join()).toContain('fnd_unknown: there is no finding fnd_unknown.');
  });

  it('wants a note for a dismissal, a finding, a verdict, and goes back to our own pages only', async () => {
    const [a = ''] = await someInReview(1);
    for (const fields of [
      [
        ['finding', a],
        ['verdict', 'dismiss'],
        ['note', ' '],
      ],
      [['verdict', 'approve']],
      [
        ['finding', a],
        ['verdict', 'forget'],
      ],
    ] as [string, string][][]) {
      const page = await post(house, '/findings/decide', fields, 'supervisor');
      expect(page.status).toBe(400);
      expect(words(page, '[role=alert]')).toHaveLength(1);
    }
    const away = [
      ['finding', 'x'],
      ['verdict', 'approve'],
      ['back', '//evil.example/findings'],
    ] as const;
    expect(links(await post(house, '/findings/decide', away, 'supervisor')).join()).not.toContain('evil');
  });

  it('is not taken from another site', async () => {
    const [findingId = ''] = await someInReview(1);
    const { authorization } = basic('supervisor');
    const answer = await fetch(`${house.url}/findings/decide`, {
      method: 'POST',
      headers: { authorization: authorization ?? '', origin: 'https://evil.example' },
      body: new URLSearchParams({ finding: findingId, verdict: 'approve' }),
    });
    expect(answer.status).toBe(403);
  });
});

describe("a finding's page", () => {
  it('tells its whole story', async () => {
    const [row] = await findingsOf(house, { statuses: ['corrected'] });
    const page = await read(house, `/findings/${row?.findingId}`);
    expect(faults(page)).toEqual([]);
    expect(words(page, 'main p')[0]).toMatch(/^The engine changed the agent to /);
    const story = await house.program.store.findingStory(row?.findingId ?? '');
    const { evidence, finding, corrections, attempts, history } = story as FindingStory;
    expect(rowsIn(page, 'Logged')).toEqual(
      evidence?.log.map(({ at, state, receivedAt }) => [at, state, receivedAt, 'told of']),
    );
    expect(rowsIn(page, 'Reported')).toEqual(
      evidence?.report.map(({ start, end, state, durationSeconds }) => [
        start,
        end ?? 'still open',
        state,
        inSeconds(durationSeconds),
      ]),
    );
    expect(rowsIn(page, 'Shifts')).toEqual(
      evidence?.shifts.map(({ id, start, end, timeZone }) => [id, start, end, timeZone]),
    );
    expect(rowsIn(page, 'Pieces')).toEqual(
      finding.pieces.map(({ start, end, loggedState, reportedState }) => [
        start,
        end,
        inSeconds((end - start) / 1000),
        loggedState,
        reportedState,
      ]),
    );
    const [claim = []] = rowsIn(page, 'Claims: what the state really was');
    const [sent = []] = rowsIn(page, '1 correction');
    expect(sent.slice(1, 4)).toEqual([claim[3], claim[0], claim[1]]);
    expect(sent[0]).toBe('✓ delivered');
    expect(corrections.map(({ vendorId }) => vendorId)).toEqual([sent[4]]);
    expect(rowsIn(page, '1 attempt')).toEqual([
      [corrections[0]?.correctionId, attempts[0]?.startedAt, expect.stringMatching(/ s$/), 'delivered'],
    ]);
    expect(rowsIn(page, 'What became of it, step by step').map(([at]) => at)).toEqual(
      history.map(({ at }) => at),
    );
    const picture = page.document.querySelector('svg.plot');
    expect(picture?.getAttribute('aria-label')).toContain('1 mark: Boundary drift.');
  });

  it('speaks of no difference where log and report are not compared', async () => {
    const [row] = await findingsOf(house, { kinds: ['report_overlap'] });
    const page = await read(house, `/findings/${row?.findingId}`);
    expect(faults(page)).toEqual([]);
    expect(words(page, 'h2')).toContain('Overlap in report');
    expect(words(page, '.nothing')).toContain('This does not rest on the log, so nothing is claimed.');
    expect(words(page).join()).not.toMatch(/differ/);
  });

  it('says when there is none', async () => {
    const page = await read(house, '/findings/fnd_none%3Cb%3E');
    expect(page.status).toBe(404);
    expect(words(page, 'h1')).toEqual(['Nothing here']);
    expect(page.text).toContain('fnd_none&lt;b&gt;');
  });
});
