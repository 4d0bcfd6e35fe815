import { onTestFinished } from 'vitest';
import type { SettableState } from '../../src/domain/change.ts';
import { ProgramError } from '../../src/domain/errors.ts';
import { DEFAULT_POLICY } from '../../src/domain/policy.ts';
import { sessionStateOf } from '../../src/domain/session.ts';
import { SKILL_OF_CHANNEL } from '../../src/simulator/skills.ts';
import { Vendor } from '../../src/simulator/vendor.ts';
import type { VendorResponse } from '../../src/simulator/wire.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import { type CarryDeps, ChangeQueue } from '../../src/usecases/carry-out-changes.ts';
import { changeStatus, type StatusOutcome, type StatusRequest } from '../../src/usecases/change-status.ts';
import type {
  AuditRow,
  ControlAnswer,
  StatusWrite,
  TelephonyVendor,
} from '../../src/usecases/control-port.ts';
import type { Log } from '../../src/usecases/ports.ts';
import { VirtualClock } from './virtual-clock.ts';

/** A Wednesday on which agents of all time zones have worked. */
const NOW = Date.parse('2025-06-11T15:00:00Z');
const MINUTE_MS = 60_000;
export const AGENT = 'usr_000001';
const CLIENT = 'grant_type=client_credentials&client_id=client&client_secret=secret';
/** Of voice and webchat; the others have none that is known. */
const SKILLS = new Map(
  Object.entries(SKILL_OF_CHANNEL).flatMap(([channel, skill]) =>
    channel === 'email' ? [] : [[skill, channel]],
  ),
);

type Ledger = ReturnType<typeof openStore>;
type Asked = Partial<Omit<StatusRequest, 'wanted'>> & Partial<StatusRequest['wanted']>;

/**
 * An agent whose day the test scripts, a database in memory, and the use cases between the two. The calls reach the
 * simulator as they are, unless the test puts something in their way.
 */
export class ControlRoom {
  readonly clock = new VirtualClock(NOW, false);
  readonly vendor = new Vendor({ seed: 5, agents: 50, clock: () => this.clock.now() });
  readonly store = openStore({ path: ':memory:' });
  readonly said: { level: keyof Log; message: string; fields: object }[] = [];
  readonly events: string[] = [];
  /** Each status that left the house. */
  readonly sent: StatusWrite[] = [];
  /** Stands in the way of the next writes, one each; `send` lets it through. */
  readonly onWrite: ((send: () => Promise<ControlAnswer>) => Promise<ControlAnswer>)[] = [];
  /** Called before each reading of the status. */
  beforeReading: () => void | Promise<void> = () => undefined;
  #ids = 0;
  #token: Promise<string> | undefined;

  /** A room a minute after the agent's scripted day has begun; closed with the test. */
  static async open(): Promise<ControlRoom> {
    const room = new ControlRoom();
    onTestFinished(() => room.store.close());
    room.vendor.script.take(AGENT);
    await room.clock.pass(MINUTE_MS);
    return room;
  }

  get deps(): CarryDeps & { readonly store: Ledger; newId(): string } {
    const { store, clock, telephony: vendor } = this;
    const say = (level: keyof Log) => (fields: object, message: string) => {
      this.said.push({ level, message, fields });
    };
    return {
      store,
      clock,
      vendor,
      owner: { name: 'here pid 1 (0)', isGone: (owner) => owner.startsWith('gone') },
      log: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
      rules: { skillChannels: SKILLS, stateMap: new Map(), offlineStates: new Set(['offline']) },
      reopenRule: () => ({ marginMs: DEFAULT_POLICY.marginMs, closedBefore: 0 }),
      onEvent: (event) => this.events.push(event),
      newId: () => `chg_${++this.#ids}`,
    };
  }

  /** A queue as a process has it. */
  queue(): ChangeQueue {
    return new ChangeQueue(this.deps);
  }

  /** Asks for a status. */
  ask(state: SettableState, given: Asked = {}, signal?: AbortSignal): Promise<StatusOutcome> {
    const { skillGroups = [], routingGroups = [], ...rest } = given;
    const wanted = { state, skillGroups, routingGroups };
    const usual = { userId: AGENT, reason: 'shift plan', requestedBy: 'olga', withinMs: 30 * MINUTE_MS };
    const request = { ...usual, keepOlder: false, withPresence: false, wanted, ...rest };
    return changeStatus(this.deps, request, signal);
  }

  /** In which state each request is, in the order in which they were asked for. */
  async states(): Promise<string[]> {
    const ids = Array.from({ length: this.#ids }, (_, index) => `chg_${index + 1}`);
    return Promise.all(ids.map(async (id) => (await this.store.readChange(id))?.status ?? 'none'));
  }

  /** Rows of the audit; of one event, or all. */
  async audit(event?: string): Promise<readonly AuditRow[]> {
    return this.store.auditPage(event === undefined ? {} : { event }, 1_000);
  }

  async auditEvents(): Promise<string[]> {
    return (await this.audit()).map((row) => row.event);
  }

  async logged(): Promise<{ state: string; at: number }[]> {
    return [...(await this.store.loggedStatesAfter(AGENT, 0, 1_000))];
  }

  /** What the vendor shows of the agent. */
  status(): ReturnType<TelephonyVendor['readStatus']> {
    return this.telephony.readStatus(AGENT);
  }

  readonly telephony: TelephonyVendor = {
    readStatus: async (userId) => {
      await this.beforeReading();
      const body = await this.#read(`/api/v2/users/${userId}/agentStatus`);
      if (body === undefined) return undefined;
      const activeSessions = Number(body.activeSessionCount);
      return { state: String(body.state), updatedAt: instantOf(body), activeSessions };
    },
    readSessions: async (userId) => {
      const body = await this.#read(`/api/v2/telephony/usersessions?userId=${userId}&state=active`);
      const entities = (body?.entities ?? []) as Record<string, unknown>[];
      return entities.map((entity) => ({
        sessionId: String(entity.id),
        userId,
        state: sessionStateOf(String(entity.state)),
        mediaType: String(entity.mediaType),
        direction: String(entity.direction),
        skillId: undefined,
        acwRemainingSeconds: entity.acwRemaining as number | undefined,
      }));
    },
    readSession: async () => undefined,
    readPresence: async (userId) => {
      const body = await this.#read(`/api/v2/users/${userId}/userStatus`);
      return body && { status: String(body.status), updatedAt: instantOf(body) };
    },
    writeStatus: async (userId, write) => {
      this.sent.push(write);
      const send = () => this.#write(`/api/v2/users/${userId}/agentStatus`, write);
      const instead = this.onWrite.shift();
      return instead === undefined ? send() : instead(send);
    },
    writePresence: (userId, status) => this.#write(`/api/v2/users/${userId}/userStatus`, { status }),
    writeAcw: async () => ({ outcome: 'taken' }),
  };

  async #read(path: string): Promise<Record<string, unknown> | undefined> {
    const { status, body, delivery } = await this.#send('GET', path);
    if (delivery.kind === 'reset') throw new ProgramError('vendor_unavailable', `${path}: reset`);
    if (status === 404) return undefined;
    if (status === 200) return JSON.parse(body);
    const code = status === 408 || status >= 500 ? 'vendor_unavailable' : 'vendor_forbidden';
    throw new ProgramError(code, `${path}: status ${status}`);
  }

  async #write(path: string, write: object): Promise<ControlAnswer> {
    const { status, body, delivery } = await this.#send('PUT', path, JSON.stringify(write));
    const reason = `status ${status}`;
    if (delivery.kind === 'reset') return { outcome: 'unknown', reason: 'reset' };
    if (status === 200) {
      const answer = JSON.parse(body) as Record<string, unknown>;
      return {
        outcome: 'applied',
        state: String(answer.state ?? answer.status),
        updatedAt: instantOf(answer),
      };
    }
    if (status === 409) return { outcome: 'conflict', reason };
    if (status === 401) return { outcome: 'unauthorized', reason };
    if (status === 429) return { outcome: 'not_taken', reason, retryAfterMs: undefined };
    return status < 500 && status !== 408 ? { outcome: 'refused', reason } : { outcome: 'unknown', reason };
  }

  async #send(method: string, path: string, body = ''): Promise<VendorResponse> {
    this.#token ??= this.vendor
      .handle({ method: 'POST', path: '/oauth/token', headers: {}, body: CLIENT })
      .then((answer) => JSON.parse(answer.body).access_token);
    const headers = { authorization: `Bearer ${await this.#token}` };
    return this.vendor.handle({ method, path, headers, body });
  }
}

function instantOf(body: Record<string, unknown>): number {
  return Date.parse(String(body.updatedTimestamp));
}
