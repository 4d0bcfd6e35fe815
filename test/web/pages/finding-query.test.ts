import { afterAll, beforeAll, expect, it } from 'vitest';
import { T0 } from '../../contract/store-fixtures.ts';
import { begun, drifts, withFindings } from '../seeding.ts';
import { type House, openHouse } from './house.ts';
import { links, read, words } from './reading.ts';

/** Their ids contain one another, and so do their names: 79 have a 7 in them. */
const IDS = Array.from({ length: 430 }, (_, index) => `${index + 1}`);
const WITH_FINDINGS = ['1', '7', '17', '70', '430'];

let house: House;
beforeAll(async () => {
  house = await openHouse({ isEmpty: true });
  const { store } = house.program;
  const page = IDS.map((userId) => ({
    userId,
    agentId: userId,
    username: `${userId}@x`,
    name: `Agent ${userId}`,
    team: undefined,
    timeZone: undefined,
  }));
  await store.saveRosterPage(page, T0);
  const seeded = await begun(store, WITH_FINDINGS);
  for (const userId of WITH_FINDINGS) await withFindings(store, seeded, userId, drifts(2));
});
afterAll(() => house.close());

/** The ids of the findings on the page. */
async function shown(agent: string): Promise<string[]> {
  const page = await read(house, `/findings?order=oldest&agent=${encodeURIComponent(agent)}`);
  expect([agent, page.status]).toEqual([agent, 200]);
  return links(page)
    .filter((href) => href.startsWith('/findings/'))
    .map((href) => href.slice('/findings/'.length));
}

it.each(WITH_FINDINGS)(
  'takes the user id %s for that agent alone, however many ids it is part of',
  async (id) => {
    expect(await shown(id)).toEqual([`${id}-0000`, `${id}-0001`]);
    const page = await read(house, `/findings?agent=${id}`);
    const download = links(page).find((href) => href.startsWith('/reports/drift.csv'));
    expect(new URL(download ?? '', house.url).searchParams.getAll('agent')).toEqual([id]);
  },
);

it('leads from the list of agents to the findings of each', async () => {
  const page = await read(house, '/agents?search=7');
  const [href] = links(page).filter((one) => /^\/findings\?.*agent=17\b/.test(one));
  const findings = await read(house, href ?? '');
  expect(findings.status).toBe(200);
  expect(words(findings, 'caption')).toEqual(['2 findings on this page']);
});

it('takes what is no user id for part of ids and names', async () => {
  expect(await shown('agent 43')).toEqual(['430-0000', '430-0001']);
  expect(await shown('agent 7')).toEqual(['7-0000', '70-0000', '7-0001', '70-0001']);
  expect(await shown('agent 431')).toEqual([]);
});

it('asks for more of the name when more are called like that than fit in an address', async () => {
  const page = await read(house, '/findings?agent=agent');
  expect(page.status).toBe(400);
  expect(words(page, '[role=alert]').join()).toContain('More than 50 agents are called like that');
});
