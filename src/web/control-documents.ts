/** The documents of what changes agents' states, and how records become them. */
import { z } from 'zod';
import { ACW_TYPES, type AcwContract, CONTRACT_STATES, EXTENSION_STATES } from '../domain/acw.ts';
import { SETTABLE_STATES } from '../domain/change.ts';
import { formatInstant, formatOrNull } from '../domain/instant.ts';
import { OVERRIDE_STATES, type Override } from '../domain/override.ts';
import { isoInstant } from './documents.ts';

const text = z.string();
const maybeText = text.nullable();
const maybeInstant = isoInstant.nullable();

export const contractDocument = z.object({
  sessionId: text,
  userId: text,
  status: z
    .enum(CONTRACT_STATES)
    .describe('`unknown`: nobody answered, and a reading of the timer will tell whether it runs.'),
  duration: z.int().describe('Seconds, as asked for first.'),
  type: z.enum(ACW_TYPES),
  reasonCode: text,
  requestedBy: text.describe('`rule`, or who asked.'),
  createdAt: isoInstant,
  endsAt: maybeInstant.describe('When the timer ends, once it is known to run.'),
  extension: z.object({ seconds: z.int(), status: z.enum(EXTENSION_STATES) }),
  why: maybeText,
});

export function toContractDocument(contract: AcwContract): z.infer<typeof contractDocument> {
  const { sessionId, userId, status, type, reasonCode, requestedBy, extension } = contract;
  return {
    sessionId,
    userId,
    status,
    duration: contract.durationSeconds,
    type,
    reasonCode,
    requestedBy,
    createdAt: formatInstant(contract.createdAt),
    endsAt: formatOrNull(contract.endsAt),
    extension: { seconds: extension.seconds, status: extension.status },
    why: contract.why ?? null,
  };
}

export const overrideDocument = z.object({
  id: text,
  userId: text,
  state: z.enum(SETTABLE_STATES),
  incident: text,
  reason: text,
  status: z.enum(OVERRIDE_STATES),
  requestedBy: text,
  requestedAt: isoInstant,
  expiresAt: isoInstant.describe('Until when another supervisor may approve it.'),
  decidedBy: maybeText,
  decidedAt: maybeInstant,
  acknowledged: z.array(text).describe('The sessions that the second person knew would be cut.'),
  updatedTimestamp: maybeInstant.describe("The engine's instant of what was forced."),
  why: maybeText,
});
export const overrideList = z.object({ items: z.array(overrideDocument) });

export function toOverrideDocument(override: Override): z.infer<typeof overrideDocument> {
  const { overrideId, owner: _, requestedAt, expiresAt, decidedAt, updatedAt, ...rest } = override;
  return {
    ...rest,
    id: overrideId,
    requestedAt: formatInstant(requestedAt),
    expiresAt: formatInstant(expiresAt),
    decidedBy: override.decidedBy ?? null,
    decidedAt: formatOrNull(decidedAt),
    acknowledged: [...override.acknowledged],
    updatedTimestamp: formatOrNull(updatedAt),
    why: override.why ?? null,
  };
}
