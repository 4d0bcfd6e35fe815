import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bins } from '../../../src/web/pages/overview-charts.ts';
import { basic, type House, openHouse } from './house.ts';
import { faults, links, read, words } from './reading.ts';

describe('the overview', () => {
  let house: House;
  beforeAll(async () => {
    house = await openHouse();
  });
  afterAll(() => house.close());

  it('says whether the program runs and what was found', async () => {
    const page = await read(house, '/');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(faults(page)).toEqual([]);
    expect(words(page, '.condition h2')).toEqual(['Running as it should']);
    expect(words(page, '.figures dt')).toContain('Furthest behind');
    expect(words(page, '.figures dd')[1]).toBe('on no schedule');
  });

  it('counts as the download does, and offers exactly that', async () => {
    const page = await read(house, '/?days=7');
    const [download = ''] = links(page).filter((href) => href.startsWith('/reports/drift.csv'));
    const { text } = await read(house, download);
    const rows = text.trimEnd().split('\r\n').slice(1);
    expect(words(page).join()).toContain(`${rows.length} findings, `);
    const kinds = Map.groupBy(rows, (row) => row.split(',')[4]);
    expect(words(page, '.legend li').map((item) => Number(item.split(' ').at(-1)))).toEqual(
      words(page, '.legend a').map(
        (_, index) =>
          kinds.get(
            links(page)
              .filter((href) => href.includes('kind='))
              .map((href) => new URL(href, house.url).searchParams.get('kind') ?? '')[index] ?? '',
          )?.length,
      ),
    );
  });

  it('leads from the legend and the agents to the very findings that are counted', async () => {
    const page = await read(house, '/?days=7');
    const counted = [
      ...words(page, '.legend li').map((item) => Number(item.split(' ').at(-1))),
      ...words(page, 'tbody td:nth-child(3)').map(Number),
    ];
    const hrefs = [...page.document.querySelectorAll('.legend a, tbody td:nth-child(3) a')].map(
      (link) => link.getAttribute('href') ?? '',
    );
    expect(hrefs.length).toBeGreaterThan(4);
    for (const [index, href] of hrefs.entries()) {
      const { text } = await read(house, href.replace('/findings', '/reports/drift.csv'));
      expect([href, text.trimEnd().split('\r\n').length - 1]).toEqual([href, counted[index]]);
      expect((await read(house, href)).document.querySelectorAll('tbody tr')).toHaveLength(
        Math.min(50, counted[index] as number),
      );
    }
  });

  it('has a picture with one label for those who do not see it', async () => {
    const page = await read(house, '/');
    const pictures = [...page.document.querySelectorAll('svg.plot')];
    expect(pictures).toHaveLength(2);
    for (const picture of pictures) {
      expect(picture.getAttribute('role')).toBe('img');
      expect(picture.querySelectorAll('[aria-label],[aria-hidden],style')).toHaveLength(0);
    }
    expect(pictures[0]?.getAttribute('aria-label')).toMatch(
      /^Findings per hour by kind: \d+ findings\. Boundary/,
    );
  });

  it('serves what it is made of, and nothing else', async () => {
    for (const file of ['style.css', 'page.js', 'icon.svg']) {
      expect((await read(house, `/assets/${file}`)).status).toBe(200);
    }
    for (const other of ['..%2Fserver.ts', 'style.css.map', '%2e%2e/server.ts']) {
      expect((await read(house, `/assets/${other}`)).status).toBe(404);
    }
  });

  it('is not shown to strangers', async () => {
    const answer = await fetch(`${house.url}/`, { headers: { accept: 'text/html' } });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /);
    expect(await answer.text()).toContain('<h1>A valid token is needed</h1>');
  });

  it('says in words that there is nothing at an address, to people; to programs as ever', async () => {
    const page = await read(house, '/nowhere');
    expect([page.status, words(page, 'h1')]).toEqual([404, ['Nothing here']]);
    expect(faults(page)).toEqual([]);
    const { authorization = '' } = basic('analyst');
    const answer = await fetch(`${house.url}/nowhere`, { headers: { authorization } });
    expect(await answer.json()).toMatchObject({ code: 'not_found' });
  });
});

describe('the overview of a service that has done nothing yet', () => {
  it('says so, and what to do', async () => {
    const house = await openHouse({ isEmpty: true });
    try {
      const page = await read(house, '/');
      expect(faults(page)).toEqual([]);
      expect(words(page, '.condition h2')).toEqual(['Nothing has run yet']);
      expect(words(page, '.nothing').join()).toContain(
        'No difference between log and report in the last 3 days.',
      );
    } finally {
      await house.close();
    }
  });
});

describe('bins', () => {
  it('hold each value once, late apart from early', () => {
    expect(bins([-2.1, -0.1, 0, 1.9, 2], 2)).toEqual([
      { from: -4, to: -2, findings: 1 },
      { from: -2, to: 0, findings: 1 },
      { from: 0, to: 2, findings: 2 },
      { from: 2, to: 4, findings: 1 },
    ]);
  });
});

describe('the next run', () => {
  it('is said where there is a schedule', async () => {
    const house = await openHouse({ isEmpty: true, nextRunAt: () => Date.UTC(2100, 0, 1) });
    try {
      expect(words(await read(house, '/'), '.figures dd')[1]).toMatch(
        /^in \d+ d \d\d h 2100-01-01 00:00:00 UTC$/,
      );
    } finally {
      await house.close();
    }
  });
});
