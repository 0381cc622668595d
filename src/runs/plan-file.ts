// A plan file, YAML or JSON: read and checked whole. Every mistake is one sentence that names the file, the line, the step
// and the reason.

import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { isMap, LineCounter, type Node, parseDocument, type YAMLError } from 'yaml';
import type { z } from 'zod';
import { messageOf, WrapperError } from '../model/errors.ts';
import { nearestName } from '../model/nearest.ts';
import { escapeControls } from '../model/visible-text.ts';
import { type PlanInput, planInputSchema, stepInputSchema } from '../model/wire-run.ts';
import { findMistake } from './plan-order.ts';
import { keepVariablesAsWritten } from './plan-variables.ts';

/** More than this is no plan. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;
const PLAN_KEYS = Object.keys(planInputSchema.shape);
const STEP_KEYS = Object.keys(stepInputSchema.shape);

/**
 * @param file a path, or `-` for stdin
 * @throws WrapperError `plan_invalid`
 */
export function readPlanFile(file: string): PlanInput {
  const shown = file === '-' ? 'stdin' : escapeControls(file);
  return parsePlan(textOf(readBytes(file, shown), shown), shown);
}

function readBytes(file: string, shown: string): Buffer {
  try {
    // A pipe has no size, but can be read: `--plan <(make-plan)`.
    if (file !== '-' && statSync(file).size > MAX_FILE_BYTES) throw new Error('it is too large for a plan');
    return readFileSync(file === '-' ? 0 : file);
  } catch (cause) {
    throw new WrapperError('plan_invalid', `${shown}: cannot be read: ${messageOf(cause)}`, {
      hint: 'Give the path of a readable YAML or JSON file.',
      cause,
    });
  }
}

/** A byte that is no text would reach a command as another one. */
function textOf(bytes: Buffer, file: string): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let line = 1;
  for (let at = 0; ; line++) {
    const end = bytes.indexOf('\n', at);
    if (end === -1 || !isUtf8(bytes.subarray(at, end))) break;
    at = end + 1;
  }
  throw new WrapperError('plan_invalid', `${file}:${line}: not UTF-8 text`, {
    hint: 'Save the file as UTF-8.',
  });
}

/**
 * The plan in a text.
 *
 * @param file its name, for the messages
 * @throws WrapperError `plan_invalid`
 */
export function parsePlan(text: string, file: string): PlanInput {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const fail = (line: number, reason: string, hint?: string): never => {
    throw new WrapperError('plan_invalid', `${file}:${line}: ${reason}`, hint === undefined ? {} : { hint });
  };
  // A warning is about something that would be taken for something else, such as a tag that nobody knows.
  const broken = document.errors[0] ?? document.warnings[0];
  if (broken !== undefined) fail(lines.linePos(broken.pos[0]).line, syntaxMistake(broken));
  if (!isMap(document.contents)) {
    fail(1, 'expected a plan: "objective" and "steps"', 'docs/RUNS.md shows one.');
  }
  let content: unknown;
  try {
    content = document.toJS();
  } catch (error) {
    const isEndless = /^Excessive alias count/.test(messageOf(error));
    return fail(1, isEndless ? 'its aliases (*name) stand for far more than is written' : messageOf(error));
  }
  if (!isJson(text)) keepVariablesAsWritten(document, content);
  /** The line of the innermost part of a path that is there. */
  const lineOf = (path: readonly PropertyKey[]): number => {
    for (let length = path.length; length >= 0; length--) {
      const node = document.getIn(path.slice(0, length), true) as Node | undefined;
      if (node?.range != null) return lines.linePos(node.range[0]).line;
    }
    return 1;
  };
  const parsed = planInputSchema.safeParse(content);
  if (!parsed.success) {
    const { path, reason, hint } = explain(parsed.error.issues, content);
    return fail(keyLine(document, lines, path) ?? lineOf(path), reason, hint);
  }
  const mistake = findMistake(parsed.data.steps);
  if (mistake !== undefined) fail(lineOf(mistake.path), mistake.message);
  return parsed.data;
}

function syntaxMistake({ code, message }: YAMLError): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here; a file has one plan';
  if (code === 'TAG_RESOLVE_FAILED') return `${message.replace(/^Unresolved tag: /, 'unknown YAML tag ')}`;
  return `not valid YAML or JSON: ${message}`;
}

/** In JSON a number is meant as one; what YAML makes of an unquoted word is not. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

interface Explained {
  readonly path: readonly PropertyKey[];
  readonly reason: string;
  readonly hint?: string;
}

/** The first mistake, as a sentence; a key that does not exist comes first, for it makes the rest doubtful. */
function explain(issues: readonly z.core.$ZodIssue[], content: unknown): Explained {
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]!;
  const where = stepLabel(issue.path, content);
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    const known = issue.path.length === 0 ? PLAN_KEYS : STEP_KEYS;
    const near = nearestName(key, known);
    return {
      path: [...issue.path, key],
      reason: `${where}unknown key "${escapeControls(key)}"`,
      hint: near === undefined ? `The keys are ${known.join(', ')}.` : `Did you mean ${near}?`,
    };
  }
  // A name that cannot be one: the mistake is in the key, not in what stands behind it.
  const place = issue.code === 'invalid_key' ? issue.path.slice(0, -1) : issue.path;
  const message = issue.code === 'invalid_key' ? issue.issues[0]!.message : issue.message;
  const inside = where === '' ? place : place.slice(2);
  const name = inside.map(String).join('.');
  const isMissing = valueAt(content, issue.path) === undefined;
  if (isMissing && name !== '')
    return { path: issue.path.slice(0, -1), reason: `${where}"${name}" is missing` };
  if (name === '') return { path: issue.path, reason: `${where}must be keys and values` };
  return { path: issue.path, reason: `${where}${escapeControls(name)} ${message}` };
}

/** `step "test": `, or by its number; empty outside of steps. */
function stepLabel(path: readonly PropertyKey[], content: unknown): string {
  if (path[0] !== 'steps' || typeof path[1] !== 'number') return '';
  const name = valueAt(content, ['steps', path[1], 'name']);
  return typeof name === 'string' ? `step "${escapeControls(name)}": ` : `step ${path[1] + 1}: `;
}

function valueAt(content: unknown, path: readonly PropertyKey[]): unknown {
  let value = content;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key];
  return value;
}

/** The line of the key at the end of a path, which for a long value is not the line of the value. */
function keyLine(
  document: ReturnType<typeof parseDocument>,
  lines: LineCounter,
  path: readonly PropertyKey[],
): number | undefined {
  const parent = path.length <= 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (!isMap(parent)) return undefined;
  for (const { key } of parent.items) {
    const node = key as Node & { value?: unknown };
    if (node?.range != null && node.value === path.at(-1)) return lines.linePos(node.range[0]).line;
  }
  return undefined;
}
