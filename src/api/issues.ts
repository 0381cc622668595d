// What the schemas say about a request, as sentences for a person: each mistake with the place where it is.

import type { z } from 'zod';
import { nearestName } from '../model/nearest.ts';
import type { Issue } from './problem.ts';

type SchemaIssue = z.core.$ZodIssue;

/**
 * One issue for each mistake, in the order in which they were found.
 *
 * @param input what was checked
 * @param isBody whether names are members of a body, and not parameters
 */
export function issuesOf(error: z.ZodError, input: unknown, isBody: boolean): Issue[] {
  return error.issues.flatMap((issue) => describe(issue, [], input, isBody));
}

/**
 * An issue as one sentence.
 *
 * @param whole what a mistake belongs to that has no path
 */
export function sentenceOf({ path, message }: Issue, whole: string): string {
  if (path !== '') return `${path}: ${message}`;
  return message.startsWith('is ') ? `${whole} ${message}` : message;
}

function describe(
  issue: SchemaIssue,
  parents: readonly PropertyKey[],
  input: unknown,
  isBody: boolean,
): Issue[] {
  const place = [...parents, ...issue.path];
  const path = place.map(String).join('.');
  if (issue.code === 'unrecognized_keys' && isBody)
    return issue.keys.map((key) => ({ path, message: `unknown member ${key.slice(0, 64)}` }));
  if (issue.code === 'invalid_union') {
    const branch = intendedBranch(issue.errors);
    if (branch !== undefined) return branch.flatMap((inner) => describe(inner, place, input, isBody));
  }
  if (issue.code === 'invalid_key') {
    const container = place.slice(0, -1).map(String).join('.');
    return issue.issues.slice(0, 1).map(({ message }) => ({ path: container, message }));
  }
  if (!isBody && isGivenTwice(input, issue.path[0])) return [{ path, message: 'is given twice' }];
  if (place.length > 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value')) {
    if (valueAt(input, place) === undefined) return [{ path, message: 'is missing' }];
  }
  return [{ path, message: inOurWords(issue, valueAt(input, place)) ?? issue.message }];
}

/** What is wrong with a value in the words of a person, where a schema says no more than the library does. */
function inOurWords(issue: SchemaIssue, value: unknown): string | undefined {
  if (!/^(?:Invalid (?:input|option)|Too (?:small|big)):/.test(issue.message)) return undefined;
  switch (issue.code) {
    case 'invalid_type':
      return WRONG_TYPE[issue.expected];
    case 'invalid_value':
      return notOneOf(typeof value === 'string' ? value : JSON.stringify(value), issue.values.map(String));
    case 'too_small':
      return `${FEWER[issue.origin] ?? 'is less than'} ${issue.minimum}${UNITS[issue.origin] ?? ''}`;
    case 'too_big':
      return `${MORE[issue.origin] ?? 'is more than'} ${issue.maximum}${UNITS[issue.origin] ?? ''}`;
    default:
      return undefined;
  }
}

const WRONG_TYPE: Readonly<Record<string, string>> = {
  array: 'is no list',
  boolean: 'is neither true nor false',
  int: 'is no whole number',
  number: 'is no number',
  object: 'is no object',
  record: 'is no object',
  string: 'is no text',
};
const FEWER: Readonly<Record<string, string>> = { array: 'has fewer than', string: 'is shorter than' };
const MORE: Readonly<Record<string, string>> = { array: 'has more than', string: 'is longer than' };
const UNITS: Readonly<Record<string, string>> = { array: ' values', string: ' characters' };

/** For a value that is none of a closed list; the nearest one is named. */
export function notOneOf(given: string, names: readonly string[]): string {
  const near = nearestName(given, names);
  const guess = near === undefined ? '' : ` Did you mean ${near}?`;
  return `"${given.slice(0, 64)}" is not one of ${names.join(', ')}.${guess}`;
}

function valueAt(input: unknown, place: readonly PropertyKey[]): unknown {
  let value = input;
  for (const name of place) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[name];
  return value;
}

/** Of a parameter that is there more than once, a query has a list. */
function isGivenTwice(input: unknown, name: PropertyKey | undefined): boolean {
  if (typeof input !== 'object' || input === null || name === undefined) return false;
  return Array.isArray((input as Record<PropertyKey, unknown>)[name]);
}

/** What is wrong by the one form of several that was meant; undefined when that cannot be told. */
function intendedBranch(branches: readonly SchemaIssue[][]): readonly SchemaIssue[] | undefined {
  const distances = branches.map(distanceOf);
  const least = Math.min(...distances);
  if (!Number.isFinite(least) || distances.filter((distance) => distance === least).length > 1)
    return undefined;
  return branches[distances.indexOf(least)];
}

/** How many members a form does not have; infinite when it is of another type altogether. */
function distanceOf(issues: readonly SchemaIssue[]): number {
  let distance = 0;
  for (const issue of issues) {
    if (issue.path.length > 0) continue;
    if (issue.code === 'unrecognized_keys') distance += issue.keys.length;
    else if (issue.code === 'invalid_type' || issue.code === 'invalid_union') return Number.POSITIVE_INFINITY;
  }
  return distance;
}
