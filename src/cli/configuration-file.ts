// Reads and checks one configuration file. Loaded only when a file exists, because it needs the YAML parser
// and the schema library. A file is taken whole or not at all; every error names file, line and reason.

import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { type Document, isMap, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { messageOf, WrapperError } from '../model/errors.ts';
import { nearestName } from '../model/nearest.ts';
import { agentNameSchema } from '../model/wire-agent.ts';
import { readProfiles } from './agent-profiles.ts';
import type { ConfigurationSource, FileValues } from './configuration.ts';
import {
  CONFIG_KEYS,
  type ConfigKey,
  type OptionKind,
  parseBoolean,
  parsePort,
  parseSize,
  RUN_OPTIONS,
} from './options.ts';
import { resolvePath } from './path-input.ts';

// YAML 1.2 reads `yes` and `on` as text; whoever writes them means a boolean.
const FLAG = z.union([z.boolean(), z.string().refine((text) => parseBoolean(text) !== undefined)]);

/** Keys that are no options of a wrapped command. */
const AGENT_KEYS = ['defaultAgent', 'agents'];

/** What a value of each kind must look like in a file, and how an error says so. */
const VALUE: Readonly<
  Record<OptionKind, { schema: z.ZodType<string | number | boolean>; expected: string }>
> = {
  boolean: { schema: FLAG, expected: 'true or false' },
  auto: { schema: z.union([FLAG, z.literal('auto')]), expected: 'true, false or auto' },
  string: { schema: z.string(), expected: 'text' },
  path: { schema: z.string().min(1), expected: 'a path' },
  size: {
    schema: z.union([z.number(), z.string()]).refine((size) => parseSize(String(size)) !== undefined),
    expected: 'a size such as 500M or 2GiB, or 0 for no limit',
  },
  port: {
    schema: z.union([z.number(), z.string()]).refine((port) => parsePort(String(port)) !== undefined),
    expected: 'a port up to 65535',
  },
};

/**
 * The checked values of a file; relative paths are resolved against the folder of the file.
 *
 * @throws WrapperError `usage`: unreadable, bad syntax, unknown key, wrong type, or a setting that a project file
 *   may not make
 */
export function readConfigurationFile(source: ConfigurationSource): FileValues {
  const lines = new LineCounter();
  const document = parseDocument(readText(source), { lineCounter: lines });
  const problem = document.errors[0];
  if (problem) {
    const reason = problem.message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '');
    throw mistake(source, lines.linePos(problem.pos[0]).line, reason);
  }
  const content: unknown = document.toJS();
  if (content === null || content === undefined) return {};
  if (!isMap(document.contents))
    throw mistake(source, 1, 'expected keys and values, such as "enableDb: true"');

  const values: FileValues = {};
  for (const [name, value] of Object.entries(content as Record<string, unknown>)) {
    const line = lineOf(document, lines, name);
    if (name === 'agents') {
      refuseInProject(source, line, 'agents', 'your own configuration file');
      values.agents = readProfiles(value, (agent, reason) => {
        throw mistake(source, lineOf(document, lines, 'agents', agent), reason);
      });
      continue;
    }
    if (name === 'defaultAgent') {
      const agent = agentNameSchema.safeParse(value);
      if (!agent.success) throw mistake(source, line, `defaultAgent ${agent.error.issues[0]!.message}`);
      values.defaultAgent = agent.data;
      continue;
    }
    const key = knownKey(source, line, name);
    const option = RUN_OPTIONS.find((candidate) => candidate.key === key)!;
    const { schema, expected } = VALUE[option.kind];
    const parsed = schema.safeParse(value);
    if (!parsed.success) throw mistake(source, line, `${key} must be ${expected}`);
    if (option.projectFile === 'refused')
      refuseInProject(source, line, key, `--${option.name}, ${option.env} or your own configuration file`);
    if (option.kind === 'path') {
      const path = resolvePath(String(parsed.data), { cwd: dirname(source.path), env: process.env });
      if (source.kind === 'project' && !isInside(dirname(source.path), path)) {
        throw mistake(source, line, `${key} leads out of the project folder (${path})`, {
          hint: `Name a path inside the project, or use --${option.name}, ${option.env} or your own configuration file.`,
        });
      }
      values[key] = path;
    } else {
      values[key] = typeof parsed.data === 'number' ? String(parsed.data) : parsed.data;
    }
  }
  return values;
}

/** @throws WrapperError `usage` when the file is a project's */
function refuseInProject(source: ConfigurationSource, line: number, key: string, instead: string): void {
  if (source.kind !== 'project') return;
  throw mistake(source, line, `a project file may not set ${key}, because it may come from someone else`, {
    hint: `Use ${instead}.`,
  });
}

function readText(source: ConfigurationSource): string {
  try {
    return readFileSync(source.path, 'utf8');
  } catch (error) {
    throw new WrapperError(
      'usage',
      `cannot read the configuration file ${source.path}: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

function knownKey(source: ConfigurationSource, line: number, name: string): ConfigKey {
  const key = CONFIG_KEYS.find((candidate) => candidate === name);
  if (key) return key;
  // `enable-db`, `enable_db` and `ENABLEDB` are what people write who know the flag.
  const plain = (text: string) => text.replaceAll(/[-_]/g, '').toLowerCase();
  const keys = [...CONFIG_KEYS, ...AGENT_KEYS];
  const meant = keys.find((candidate) => plain(candidate) === plain(name)) ?? nearestName(name, keys);
  throw mistake(source, line, `unknown key "${name}"`, {
    hint: meant ? `Did you mean ${meant}?` : `The keys are ${keys.join(', ')}.`,
  });
}

/** The line of a key, or of one within its value, as far as it is there. */
function lineOf(document: Document, lines: LineCounter, name: string, inner?: string): number {
  let map: unknown = document.contents;
  let line = 1;
  for (const wanted of inner === undefined ? [name] : [name, inner]) {
    if (!isMap(map)) return line;
    const pair = map.items.find(({ key }) => hasRange(key) && String(key) === wanted);
    if (pair === undefined) return line;
    line = lines.linePos((pair.key as { range: [number, number, number] }).range[0]).line;
    map = pair.value;
  }
  return line;
}

function hasRange(node: unknown): node is { range: [number, number, number] } {
  return typeof node === 'object' && node !== null && Array.isArray((node as { range?: unknown }).range);
}

/** Whether `path` stays below `folder` when every symbolic link on the way is followed. */
function isInside(folder: string, path: string): boolean {
  let existing = path;
  let rest = '';
  while (lstatSync(existing, { throwIfNoEntry: false }) === undefined) {
    rest = join(basename(existing), rest);
    existing = dirname(existing);
  }
  let real: string;
  try {
    real = realpathSync(existing);
  } catch {
    // A link that leads nowhere yet: what will be created through it cannot be known.
    return false;
  }
  const way = relative(realpathSync(folder), join(real, rest));
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function mistake(
  source: ConfigurationSource,
  line: number,
  reason: string,
  details: { hint?: string } = {},
): WrapperError {
  return new WrapperError('usage', `${source.path}, line ${line}: ${reason}`, details);
}
