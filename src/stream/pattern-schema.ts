// The shape of a user's pattern in a file. Loads zod, so it is itself loaded only when there is such a file.

import { z } from 'zod';
import { EVENT_TYPES, RISK_LEVELS } from '../model/event.ts';
import type { Pattern } from '../model/pattern.ts';

const sample = z.string();

/** One pattern as written in a file: snake_case keys, unknown keys refused. */
const filePattern = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be snake_case: a–z, 0–9 and _, at most 64 characters'),
  type: z.enum(EVENT_TYPES),
  regex: z.string().min(1, 'must not be empty').max(4096),
  flags: z.enum(['', 'i']).optional(),
  value: z.union([z.int().min(0), z.string()]).optional(),
  risk: z.enum(RISK_LEVELS).optional(),
  auto_confirmable: z.boolean().optional(),
  agents: z.array(z.string().min(1)).min(1).optional(),
  priority: z.int().min(-1000).max(1000).optional(),
  every: z.boolean().optional(),
  engine: z.enum(['linear', 'js']).optional(),
  samples: z
    .strictObject({ match: z.array(sample).optional(), no_match: z.array(sample).optional() })
    .optional(),
  description: z.string().optional(),
});

export type SchemaIssue = { readonly path: readonly PropertyKey[]; readonly reason: string };

/** The pattern in the model's shape, or what is wrong with it, in the words of a person. */
export function parseFilePattern(value: unknown): { pattern: Pattern } | { issue: SchemaIssue } {
  const parsed = filePattern.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
    return { issue: { path: [...issue.path, ...unknown], reason: reasonOf(issue, value) } };
  }
  const { auto_confirmable, samples, ...rest } = parsed.data;
  const pattern: Pattern = {
    ...defined(rest),
    ...(auto_confirmable === undefined ? {} : { autoConfirmable: auto_confirmable }),
    samples: { match: samples?.match ?? [], noMatch: samples?.no_match ?? [] },
  };
  return { pattern };
}

/** Leaves out what is undefined, which an optional property of the model may not be. */
type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };
function defined<T extends object>(record: T): Defined<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Defined<T>;
}

function reasonOf(issue: z.core.$ZodIssue, value: unknown): string {
  const key = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map((name) => `"${name}"`).join(', ');
    return `unknown key ${keys}${key === '' ? '' : ` in ${key}`}`;
  }
  if (key === '') return 'a pattern must be a mapping of keys to values';
  const given = issue.path.reduce<unknown>(
    (at, part) => (at as Record<PropertyKey, unknown> | undefined)?.[part],
    value,
  );
  if (given === undefined) return `"${key}" is missing`;
  if (issue.code === 'invalid_value') {
    const allowed = issue.values.map((allowedValue) => `"${String(allowedValue)}"`).join(', ');
    return `"${key}" is ${JSON.stringify(given)}, but must be one of ${allowed}`;
  }
  if (issue.code === 'invalid_type') return `"${key}" must be ${withArticle(issue.expected)}`;
  if (issue.code === 'invalid_union') return `"${key}" must be a number or a name`;
  if (issue.code === 'invalid_format') return `"${key}" ${issue.message}`;
  return `"${key}": ${issue.message}`;
}

const withArticle = (type: string): string => (/^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`);
