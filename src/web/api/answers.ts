import type { z } from 'zod';
import { problemDocument } from '../problem.ts';
import type { Answer, Reply } from '../route.ts';

export function answer(description: string, schema: z.ZodType): Answer {
  return { description, schema };
}

export function problem(description: string): Answer {
  return { description, schema: problemDocument, type: 'application/problem+json' };
}

export const UNKNOWN = { 404: problem('There is no such thing.') };

export function json(body: unknown, status = 200): Reply {
  return { status, json: body };
}
