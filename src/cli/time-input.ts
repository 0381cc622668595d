// Times as people type them after --since and --until.

import { WrapperError } from '../model/errors.ts';
import { parseMoment, timeHint } from '../model/time-input.ts';

/**
 * The moment that a person means, see `parseMoment`.
 *
 * @param option the flag that it was given to, for the error
 * @returns ISO-8601 UTC with milliseconds
 * @throws WrapperError `usage`
 */
export function parseTimeInput(text: string, option: string, edge: 'start' | 'end', now: number): string {
  const moment = parseMoment(text, edge, now);
  if (moment === undefined) {
    throw new WrapperError('usage', `${option}: "${text}" is not a time`, { hint: timeHint(text) });
  }
  return moment;
}
