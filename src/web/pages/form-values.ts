import { z } from 'zod';
import { Problem } from '../problem.ts';

/** A field of a form: once, several times, or left empty. */
const field = z.union([z.string(), z.array(z.string())]).optional();

/** A form's fields by name. Others than these are left aside: an address may have been shared with more in it. */
export function fields<Name extends string>(...names: readonly Name[]) {
  return z.object(Object.fromEntries(names.map((name) => [name, field])) as Record<Name, typeof field>);
}

type Field = z.output<typeof field>;

/** What was filled in; an empty field is one that was not. */
export function allValues(given: Field): string[] {
  const values = typeof given === 'string' ? [given] : (given ?? []);
  return values.map((value) => value.trim()).filter((value) => value !== '');
}

export function onlyValue(given: Field): string | undefined {
  return allValues(given)[0];
}

/** What browsers send for a `datetime-local` input has no offset; pages say that it is UTC. */
export function instantText(given: Field): string | undefined {
  const text = onlyValue(given);
  return text !== undefined && /T[\d:.]+$/.test(text) ? `${text}Z` : text;
}

/** Reads filled-in fields by a schema of the API. @throws Problem that names each field at fault. */
export function checked<Schema extends z.ZodType>(schema: Schema, values: unknown): z.output<Schema> {
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  const errors = result.error.issues.map(({ path, message }) => ({
    field: path.map(String).join('.'),
    message,
  }));
  throw new Problem('invalid_argument', 'Something that was filled in cannot be used.', { errors });
}

/** Without the fields that were left empty. */
export function filled<Fields extends object>(all: Fields): Partial<Fields> {
  const entries = Object.entries(all).filter(
    ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(entries) as Partial<Fields>;
}
