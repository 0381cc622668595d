// How parameters of requests are written in schemas and what is said about wrong ones: strict, so that a mistyped name
// is an error with the right name in it and not a filter that silently does nothing.

import { z } from '@hono/zod-openapi';
import { ANY_SESSION_ID } from '../model/ids.ts';
import { nearestName } from '../model/nearest.ts';
import { parseMoment, timeHint } from '../model/time-input.ts';
import { issuesOf, notOneOf, sentenceOf } from './issues.ts';
import { LIMITS } from './limits.ts';
import { ApiProblem } from './problem.ts';

const NO_SESSION_ID = 'is no session id (sess_ and more)';
/** The commands take the start of an id and `last`: who comes from there is told that requests do not. */
const SESSION_ID_HINT =
  'Over HTTP an id is given in full, not its start and not last: /api/query/sessions and `wrapper sessions --json` list them.';

/** A session's id as it stands in a path. */
export const sessionIdSchema = z
  .string()
  .regex(ANY_SESSION_ID, NO_SESSION_ID)
  .meta({ examples: ['sess_0123456789ab'] });

/** The name of an agent, a pattern, a language: any text, but `agent=` must not mean every agent. */
export const nameParameter = z.string().min(1, 'is empty').max(LIMITS.parameter);

/** One of a closed list, with the nearest one named when it is none of them. */
export function oneOfParameter<const Names extends readonly [string, ...string[]]>(names: Names) {
  return z.enum(names, { error: (issue) => notOneOf(String(issue.input), names) });
}

/** Some of a closed list, separated by commas. */
export function severalOfParameter<const Names extends readonly [string, ...string[]]>(names: Names) {
  const one = z.array(oneOfParameter(names)).max(names.length);
  return z
    .string()
    .transform((text) => text.split(',').map((name) => name.trim()))
    .pipe(one);
}

/** Query parameters: all optional, none else allowed. */
export function queryOf<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? unknownNames(issue.keys, known) : undefined),
  });
}

function unknownNames(given: readonly string[], known: readonly string[]): string {
  return given
    .map((name) => {
      const near = nearestName(name, known);
      return near === undefined
        ? `unknown parameter ${name}`
        : `unknown parameter ${name}: did you mean ${near}?`;
    })
    .join('; ');
}

/** A whole number in a query string; the OpenAPI document has it as a number, so that clients made from it may pass one. */
export function wholeNumber(smallest: number, largest: number) {
  const isOpen = largest === Number.MAX_SAFE_INTEGER;
  const range = isOpen ? `${smallest} on` : `${smallest} to ${largest}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, `is not a whole number from ${range}`)
    .transform(Number)
    .pipe(z.int().min(smallest, `is less than ${smallest}`).max(largest, `is more than ${largest}`))
    .meta({ type: 'integer', minimum: smallest, ...(!isOpen && { maximum: largest }) });
}

export const limitParameter = wholeNumber(1, LIMITS.page)
  .optional()
  .meta({ description: `At most so many, up to ${LIMITS.page}; 100 by default.`, examples: [100] });

export const flagParameter = oneOfParameter(['true', 'false', '1', '0'])
  .transform((text) => text === 'true' || text === '1')
  .meta({ type: 'boolean' });

/**
 * A moment: ISO-8601, a date, milliseconds since 1970, or an age such as `2h`. `edge` says which end of a day a date means.
 */
export function timeParameter(edge: 'start' | 'end') {
  return z.string().transform((text, context) => {
    const moment = parseMoment(text, edge, Date.now());
    if (moment !== undefined) return moment;
    context.addIssue({ code: 'custom', message: `is not a time. ${timeHint(text)}` });
    return z.NEVER;
  });
}

interface ValidationResult {
  readonly success: boolean;
  readonly target: string;
  /** What was checked. */
  readonly data?: unknown;
  readonly error?: z.ZodError;
}

/** Turns what the schemas say about a request into one problem with an issue for each mistake. @throws ApiProblem */
export function refuseInvalid(result: ValidationResult): void {
  if (result.success || result.error === undefined) return;
  const inBody = result.target === 'json';
  const issues = issuesOf(result.error, result.data, inBody);
  const unknown = result.error.issues.some((issue) => issue.code === 'unrecognized_keys');
  // A name that does not exist makes the rest doubtful: it comes first.
  const first = issues.find(({ message }) => !unknown || message.startsWith('unknown'))!;
  const code = inBody ? 'body_invalid' : unknown ? 'parameter_unknown' : 'parameter_invalid';
  const hint = first.message === NO_SESSION_ID ? SESSION_ID_HINT : undefined;
  throw new ApiProblem(code, sentenceOf(first, inBody ? 'The body' : 'The request'), { hint, issues });
}
