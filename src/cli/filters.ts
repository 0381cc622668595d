// The filters that the reading commands share: how they are declared, checked and turned into what the stores take.

import { type Command, Option } from 'commander';
import { WrapperError } from '../model/errors.ts';
import { EVENT_TYPES, type EventType, RISK_LEVELS, type RiskLevel } from '../model/event.ts';
import { nearestName } from '../model/nearest.ts';
import { SESSION_STATES, type SessionState } from '../model/session.ts';
import type { Call } from './command.ts';
import { parseTimeInput } from './time-input.ts';

const FILTER_OPTIONS = {
  agent: ['--agent <name>', 'only this agent'],
  session: ['--session <id>', 'only this session: an id, the start of one, or last'],
  state: ['--state <state>', `only sessions in this state (${SESSION_STATES.join(', ')})`],
  type: ['--type <type>', `only events of this type (${EVENT_TYPES.join(', ')})`],
  pattern: ['--pattern <name>', 'only events of this pattern'],
  risk: ['--risk <level>', `only this risk and above (${RISK_LEVELS.join(', ')})`],
  language: ['--language <name>', 'only blocks in this language'],
  since: [
    '--since <time>',
    'from this time on: 2026-11-21, 2026-11-21T10:00Z, 30m, 2h or 7d ago; local without zone',
  ],
  until: ['--until <time>', 'up to this time, a date inclusive'],
} as const;
export type FilterName = keyof typeof FILTER_OPTIONS;

/** Adds the named filters, and `--limit` when there is a default for it. */
export function addFilters(command: Command, names: readonly FilterName[], defaultLimit?: number): void {
  for (const name of names) {
    const [flags, description] = FILTER_OPTIONS[name];
    command.addOption(new Option(flags, description));
  }
  if (defaultLimit !== undefined) {
    command.addOption(new Option('--limit <count>', 'at most so many').default(defaultLimit));
  }
}

/**
 * A text option; undefined when absent.
 *
 * @throws WrapperError `usage` when empty: `--session "$ID"` without an ID must not mean every session
 */
export function textOption(call: Call, name: string): string | undefined {
  const value = call.options[name];
  if (value === '') throw new WrapperError('usage', `--${name}: the value is empty`);
  return typeof value === 'string' ? value : undefined;
}

/** @throws WrapperError `usage` naming the valid types */
export function typeFilter(call: Call): EventType | undefined {
  return oneOf(textOption(call, 'type'), EVENT_TYPES, '--type', 'event type');
}

/** @throws WrapperError `usage` naming the valid levels */
export function riskFilter(call: Call): RiskLevel | undefined {
  return oneOf(textOption(call, 'risk'), RISK_LEVELS, '--risk', 'risk level');
}

/** @throws WrapperError `usage` naming the valid states */
export function stateFilter(call: Call): SessionState | undefined {
  return oneOf(textOption(call, 'state'), SESSION_STATES, '--state', 'state');
}

/** The bounds of time, `until` exclusive, as ISO-8601 UTC; absent when not given. @throws WrapperError `usage` */
export function timeFilter(call: Call): { since?: string; until?: string } {
  const since = textOption(call, 'since');
  const until = textOption(call, 'until');
  const now = call.context.now();
  return {
    ...(since === undefined ? {} : { since: parseTimeInput(since, '--since', 'start', now) }),
    ...(until === undefined ? {} : { until: parseTimeInput(until, '--until', 'end', now) }),
  };
}

/** @throws WrapperError `usage` unless a whole number from 1 on */
export function limitOption(call: Call): number {
  const text = String(call.options['limit']);
  const limit = Number(text);
  if (!/^\d+$/.test(text) || limit < 1 || !Number.isSafeInteger(limit)) {
    throw new WrapperError('usage', `--limit: "${text}" is not a whole number from 1 on`);
  }
  return limit;
}

function oneOf<Value extends string>(
  given: string | undefined,
  valid: readonly Value[],
  option: string,
  noun: string,
): Value | undefined {
  if (given === undefined) return undefined;
  const value = valid.find((candidate) => candidate === given);
  if (value !== undefined) return value;
  const near = nearestName(given, valid);
  throw new WrapperError('usage', `${option}: unknown ${noun} "${given}"`, {
    hint: `${near === undefined ? '' : `Did you mean ${near}? `}Valid are ${valid.join(', ')}.`,
  });
}
