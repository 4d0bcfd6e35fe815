/** Files of transitions in the order in which they arrive, all agents mixed. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { formatInstant, type Instant } from '../../src/domain/instant.ts';
import { ContactCentre } from '../../src/simulator/contact-centre.ts';

const DAY_START: Instant = Date.UTC(2026, 2, 4);
const DAY_MS = 86_400_000;
/** More than this many agents' workdays are not needed for a million transitions. */
const AGENTS = 12_000;

interface Arrival {
  readonly userId: string;
  readonly state: string;
  readonly at: Instant;
}

/** Writes the first `count` arrivals of a contact centre's days, as CSV (with a header) and as NDJSON. */
export async function writeArrivals(count: number, csvPath: string, ndjsonPath: string): Promise<void> {
  const arrivals = arrivalsOf(count);
  await writeLines(csvPath, csvLines(arrivals));
  await writeLines(ndjsonPath, ndjsonLines(arrivals));
}

function arrivalsOf(count: number): Arrival[] {
  const centre = new ContactCentre(1, AGENTS);
  const all: Arrival[] = [];
  for (const user of centre.users(0, AGENTS)) {
    for (const { state, at } of centre.truth(user, DAY_START, DAY_START + 2 * DAY_MS)) {
      all.push({ userId: user.userId, state, at });
    }
  }
  if (all.length < count) throw new Error(`There are only ${all.length} transitions.`);
  return all.sort((a, b) => a.at - b.at).slice(0, count);
}

function* csvLines(arrivals: readonly Arrival[]): Generator<string> {
  yield 'userId,state,updatedTimestamp,receivedAt\n';
  for (const { userId, state, at } of arrivals) {
    yield `${userId},${state},${formatInstant(at)},${formatInstant(at + 500)}\n`;
  }
}

function* ndjsonLines(arrivals: readonly Arrival[]): Generator<string> {
  for (const { userId, state, at } of arrivals) {
    const line = { userId, state, updatedTimestamp: formatInstant(at), receivedAt: formatInstant(at + 500) };
    yield `${JSON.stringify(line)}\n`;
  }
}

async function writeLines(path: string, lines: Generator<string>): Promise<void> {
  const file = createWriteStream(path);
  let block = '';
  for (const line of lines) {
    block += line;
    if (block.length < 1 << 20) continue;
    if (!file.write(block)) await once(file, 'drain');
    block = '';
  }
  file.end(block);
  await once(file, 'close');
}
