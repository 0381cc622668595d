// How agents are described: their names, and the profiles by which they are run with a goal, as zod schemas. Apart from
// the rest of a run's shapes, because a configuration file, which every start may have to read, needs no more.

import { z } from 'zod';
import { DURATION_FORMS, parseDuration } from './duration-input.ts';
import { LONGEST_TIMEOUT, MOST_RETRIES } from './run.ts';

/** Half of a character, as JSON can spell it: no program can be given that. */
const HALF_CHARACTER = /\p{Surrogate}/u;
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
export const MOST_WORDS = 4096;

/** A text for people: something to read, on one line. */
export function label(longest: number) {
  return z
    .string('must be a text')
    .max(longest, `is longer than ${longest} characters`)
    .refine((text) => text.trim() !== '', 'is empty')
    .refine((text) => !CONTROLS.test(text), 'contains control characters')
    .refine((text) => !HALF_CHARACTER.test(text), 'contains half of a character');
}

/** A text that a program is given: the kernel ends it at a NUL. */
export function argument(longest: number, otherwise = 'must be a text') {
  return z
    .string(otherwise)
    .max(longest, `is longer than ${longest} characters`)
    .refine((text) => !text.includes('\0'), 'contains a NUL character')
    .refine((text) => !HALF_CHARACTER.test(text), 'contains half of a character');
}

export const agentNameSchema = label(100).refine(
  (text) => !text.startsWith('-'),
  'begins with "-", which is no name',
);

export const timeoutSchema = z
  .union([z.number(), z.string()], { error: `must be ${DURATION_FORMS}` })
  .transform((given, context) => {
    const ms = typeof given === 'number' ? given * 1000 : parseDuration(given);
    const complain = (message: string): never => {
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    };
    if (ms === undefined || !Number.isFinite(ms)) return complain(`must be ${DURATION_FORMS}`);
    if (ms < 1) return complain('must be longer than nothing');
    if (ms > LONGEST_TIMEOUT * 1000) return complain('is longer than 7 days');
    return Math.round(ms) / 1000;
  });

export const environmentSchema = z.record(
  z
    .string()
    .min(1, 'has an empty name')
    .max(1000)
    .refine((name) => !name.includes('='), 'has a name with "=" in it')
    .refine((name) => !name.includes('\0'), 'has a name with a NUL character in it')
    .refine((name) => !HALF_CHARACTER.test(name), 'has a name with half of a character in it'),
  argument(100_000, 'must be a text; put it in quotes'),
  { error: (issue) => (issue.code === 'invalid_type' ? 'must be names with texts' : undefined) },
);

export const retriesSchema = z
  .int('must be a whole number')
  .min(0, 'must be a whole number from 0 on')
  .max(MOST_RETRIES, `is more than ${MOST_RETRIES}`);

/** How an agent is run with a goal: a profile of the configuration. */
export const agentProfileSchema = z.strictObject({
  command: z
    .array(argument(100_000), 'must be a list of words')
    .min(1, 'is an empty list')
    .max(MOST_WORDS)
    .refine((words) => words[0]?.trim() !== '', 'names no program')
    .refine((words) => words.some((word) => word.includes('{goal}')), 'has no {goal} in it')
    .refine((words) => !words[0]?.includes('{goal}'), 'has {goal} in the place of the program'),
  env: environmentSchema.optional(),
  timeout: timeoutSchema.nullable().optional(),
  retries: retriesSchema.optional(),
});
export type AgentProfile = z.infer<typeof agentProfileSchema>;
