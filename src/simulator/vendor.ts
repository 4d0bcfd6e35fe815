import type { Instant } from '../domain/instant.ts';
import { ContactCentre } from './contact-centre.ts';
import { Counters } from './counters.ts';
import { Desktops } from './desktops.ts';
import { type Fault, FaultBoard } from './faults.ts';
import { Floor } from './floor.ts';
import { Ledger } from './ledger.ts';
import { type Push, Pushes } from './pushes.ts';
import { answer, receive, type Visit } from './reception.ts';
import { Reporter } from './report.ts';
import { ORDINARY_REPORT_FAULTS, type ReportFaults } from './report-faults.ts';
import { type User, userIdOf } from './roster.ts';
import type { Premises } from './route.ts';
import { Script } from './script.ts';
import { spoil, takesEffect } from './spoil.ts';
import { type Client, SCOPES, Tokens } from './tokens.ts';
import type { Answer, VendorRequest, VendorResponse } from './wire.ts';
import type { TruthTransition } from './workday.ts';
import { Writes } from './writes.ts';

export interface VendorOptions {
  readonly seed: number;
  /** How many agents. */
  readonly agents: number;
  readonly clock: () => Instant;
  /** `ORDINARY_REPORT_FAULTS` when left out. */
  readonly reportFaults?: ReportFaults;
  /** `DEFAULT_CLIENT` when left out. */
  readonly clients?: readonly Client[];
  /** User names and passwords for the password grant; `DEFAULT_PASSWORDS` when left out. */
  readonly passwords?: ReadonlyMap<string, string>;
  /** An hour when left out. */
  readonly tokenLifetimeSeconds?: number;
  /** Whether a token that acts for this user is shown that agent's states; it is when left out. */
  readonly sees?: Premises['sees'];
  /** User ids of agents in no skill group; all are in some when left out. */
  readonly withoutSkillGroup?: readonly string[];
  /** An agent who has been offline for longer answers 404; never when left out. */
  readonly absentAfterMs?: number;
  /** The report says what corrections claim; not when left out. */
  readonly reportShowsAdjustments?: boolean;
  /** Chats and emails come beside the calls, and desktops are lost now and then; neither when left out. */
  readonly channels?: boolean;
  /** Signs what is pushed (`whsec_` and base64); nothing is pushed when left out. */
  readonly webhookSecret?: string;
  /** Agents' days kept in memory. */
  readonly cachedDays?: number;
}

export const DEFAULT_CLIENT: Client = { id: 'client', secret: 'secret', scopes: SCOPES };
const DEFAULT_PASSWORDS: ReadonlyMap<string, string> = new Map([['supervisor', 'password']]);

const NO_ANSWER: Answer = { status: 0, headers: {}, body: '' };

/** The vendor as a plain object: requests in, responses out, without a socket and with any clock. */
export class Vendor {
  readonly centre: ContactCentre;
  /** The agents with their sessions, as they are now. */
  readonly floor: Floor;
  /** What tests have agents live through. */
  readonly script: Script;
  /** What was written to agents and sessions. */
  readonly writes = new Writes();
  readonly reporter: Reporter;
  readonly ledger = new Ledger();
  readonly tokens: Tokens;
  readonly faults: FaultBoard;
  /** Requests as `POST adjustment` (method and family, faulty ones too), answers as `status 200`, `no answer`, `fault slow`. */
  readonly counts = new Counters();
  readonly #desktops: Desktops;
  readonly #pushes: Pushes | undefined;
  readonly #premises: Premises;
  readonly #clock: () => Instant;
  #requests = 0;

  constructor(options: VendorOptions) {
    this.#clock = options.clock;
    this.centre = new ContactCentre(options.seed, options.agents, options.cachedDays);
    const { channels = false } = options;
    this.floor = new Floor(this.centre, { withChannels: channels });
    this.#desktops = new Desktops(options.seed, channels);
    this.script = new Script(this.floor, this.#desktops, options.clock);
    const { reportFaults = ORDINARY_REPORT_FAULTS, cachedDays } = options;
    const { webhookSecret } = options;
    this.#pushes = webhookSecret === undefined ? undefined : new Pushes(options.seed, webhookSecret);
    if (this.#pushes !== undefined) this.#watchFloor(this.#pushes);
    const livedDays = (user: User, now: Instant) => this.floor.livedDays(user, now);
    this.reporter = new Reporter(this.centre, reportFaults, cachedDays, livedDays);
    this.tokens = new Tokens(options.seed, options.tokenLifetimeSeconds ?? 3_600);
    this.faults = new FaultBoard(options.seed);
    this.#premises = {
      centre: this.centre,
      floor: this.floor,
      writes: this.writes,
      reporter: this.reporter,
      ledger: this.ledger,
      tokens: this.tokens,
      clients: options.clients ?? [DEFAULT_CLIENT],
      passwords: options.passwords ?? DEFAULT_PASSWORDS,
      sees: options.sees ?? (() => true),
      withoutSkillGroup: new Set(options.withoutSkillGroup),
      absentAfterMs: options.absentAfterMs ?? Number.POSITIVE_INFINITY,
      reportShowsAdjustments: options.reportShowsAdjustments ?? false,
    };
  }

  /**
   * Answers a request. What the transport has to do with the answer (wait, drip, cut, reset) is in `delivery`;
   * the request has taken effect by then, or never will.
   */
  async handle(request: VendorRequest): Promise<VendorResponse> {
    const now = this.#clock();
    this.#requests += 1;
    const visit = receive(request);
    this.counts.add(`${request.method} ${visit.family}`);
    const fault =
      this.faults.draw(visit.family, request.method, visit.userId) ??
      this.#desktops.fault(visit.family, visit.userId, now);
    if (fault !== undefined) this.counts.add(`fault ${fault.kind}`);
    const response = fault === undefined ? this.#succeed(visit, now) : this.#fail(visit, fault, now);
    this.counts.add(response.delivery.kind === 'reset' ? 'no answer' : `status ${response.status}`);
    const date = new Date(now).toUTCString();
    return { ...response, headers: { ...response.headers, date, 'x-request-id': `req_${this.#requests}` } };
  }

  /**
   * What truly happened to an agent in `[from, to)`, in order of time.
   * @throws when there is no such agent
   */
  truth(userId: string, from: Instant, to: Instant): readonly TruthTransition[] {
    const user = this.centre.findAgent(userId);
    if (user === undefined) throw new Error(`${userId} is no agent of this contact centre`);
    return this.floor.truth(user, from, to);
  }

  /**
   * Takes out what is due to be pushed to the webhook, in the order in which it is due. Whoever takes it out
   * delivers it.
   */
  duePushes(): readonly Push[] {
    const now = this.#clock();
    this.floor.settle(now);
    return this.#pushes?.due(now) ?? [];
  }

  /** Takes back what was not taken, to be due again later. */
  pushAgain(push: Push): void {
    this.#pushes?.failed(push, this.#clock());
  }

  /** What happens to any agent from now on is pushed. */
  #watchFloor(pushes: Pushes): void {
    const { centre, floor } = this;
    for (const user of centre.users(0, centre.agents)) floor.keep(user, this.#clock());
    floor.onHappening = (happening) => pushes.add(happening);
  }

  #succeed(visit: Visit, now: Instant): VendorResponse {
    return { ...answer(this.#premises, visit, now), delivery: { kind: 'whole' } };
  }

  #fail(visit: Visit, fault: Fault, now: Instant): VendorResponse {
    if (!takesEffect(fault)) return spoil(NO_ANSWER, fault, now);
    const isSwapped = fault.kind === 'wrong_agent' && visit.request.method === 'GET';
    const actual = isSwapped ? this.#swapAgent(visit) : visit;
    return spoil(answer(this.#premises, actual, now), fault, now);
  }

  /** The same request for the agent who is next in the roster. */
  #swapAgent(visit: Visit): Visit {
    const { request, userId } = visit;
    const user = this.centre.find(userId ?? '');
    if (user === undefined) return visit;
    const other = userIdOf((user.index + 1) % this.centre.agents);
    return receive({ ...request, path: request.path.replaceAll(user.userId, other) });
  }
}
