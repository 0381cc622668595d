// The settings of a run and where each of them comes from: command line, environment, project file, user
// file, default, in this order. On the hot path: without a configuration file it costs a few stat calls and
// loads neither the YAML parser nor the schema library.

import { statSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { WrapperError } from '../model/errors.ts';
import type { AgentProfile } from '../model/wire-agent.ts';
import {
  type ConfigKey,
  type FlagValue,
  parseBoolean,
  parsePort,
  parseSize,
  RUN_OPTIONS,
  type RunFlags,
  type RunOption,
} from './options.ts';
import { homeOf, resolvePath } from './path-input.ts';

/** The values that a run works with; paths are absolute. */
interface Settings {
  readonly enableDb: boolean;
  readonly db: string;
  /** null: in the database itself. */
  readonly campaignsDb: string | null;
  /** null: a terminal when stdin and stdout are one. */
  readonly pty: boolean | null;
  readonly environment: string | null;
  readonly patterns: string | null;
  readonly recordInput: boolean;
  readonly record: boolean;
  /** Bytes; 0 for no limit. */
  readonly maxRecording: number;
  /** null: when the session is stored. */
  readonly serve: boolean | null;
  /** null: the usual one. */
  readonly port: number | null;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** A configuration file that was read; `chosen` is the one named by `--config` or WRAPPER_CONFIG. */
export interface ConfigurationSource {
  readonly kind: 'project' | 'user' | 'chosen';
  readonly path: string;
}

/** Where a value comes from. */
export type Origin =
  | { readonly kind: 'flag'; readonly name: string }
  | { readonly kind: 'environment'; readonly name: string }
  | { readonly kind: 'file'; readonly source: ConfigurationSource }
  | { readonly kind: 'default' };

export interface Configuration {
  readonly settings: Settings;
  readonly origins: Readonly<Record<ConfigKey, Origin>>;
  readonly agents: AgentSettings;
  /** The files that were read, strongest first. */
  readonly files: readonly ConfigurationSource[];
}

/** What is known of agents for `wrapper run`; only files and one variable say it. */
interface AgentSettings {
  /** How the user's own agents are run with a goal. */
  readonly profiles: Readonly<Record<string, AgentProfile>>;
  /** Where the profiles come from. */
  readonly profilesOrigin: Origin;
  /** The agent that is meant when none is named. */
  readonly defaultAgent: string | null;
  readonly defaultOrigin: Origin;
}

/** Names the default agent. */
export const DEFAULT_AGENT_VARIABLE = 'WRAPPER_DEFAULT_AGENT';

export interface ConfigurationContext {
  readonly flags: RunFlags;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Home folder; by default HOME, and without it the one in the user database. */
  readonly home?: string | undefined;
}

/** What a configuration file holds, checked and with absolute paths: the text form of each option it sets. */
export type FileValues = Partial<Record<ConfigKey, FlagValue>> & {
  agents?: Readonly<Record<string, AgentProfile>>;
  defaultAgent?: string;
};

const PROJECT_FILES = ['wrapper.config.yaml', 'wrapper.config.yml', 'wrapper.config.json'];
const USER_FILES = ['config.yaml', 'config.yml', 'config.json'];

/**
 * Collects the settings.
 *
 * @throws WrapperError `usage` naming the flag, variable or file (with line) and what is wrong with it
 */
export async function loadConfiguration(context: ConfigurationContext): Promise<Configuration> {
  const sources = findSources(context);
  const files: { source: ConfigurationSource; values: FileValues }[] = [];
  if (sources.length > 0) {
    const { readConfigurationFile } = await import('./configuration-file.ts');
    for (const source of sources) files.push({ source, values: readConfigurationFile(source) });
  }
  const values: Partial<Record<ConfigKey, FlagValue | number | null>> = {};
  const origins: Partial<Record<ConfigKey, Origin>> = {};
  for (const option of RUN_OPTIONS) {
    if (option.key === null) continue;
    const given = strongest(option, option.key, context, files);
    values[option.key] = interpret(option, given.value, given.label, context);
    origins[option.key] = given.origin;
  }
  // The loop above has visited every key of the table, and `interpret` gives each kind its type.
  return {
    settings: values as unknown as Settings,
    origins: origins as Record<ConfigKey, Origin>,
    agents: agentSettings(context.env, files),
    files: sources,
  };
}

function agentSettings(
  env: ConfigurationContext['env'],
  files: readonly { source: ConfigurationSource; values: FileValues }[],
): AgentSettings {
  const withProfiles = files.find(({ values }) => values.agents !== undefined);
  const withDefault = files.find(({ values }) => values.defaultAgent !== undefined);
  const variable = env[DEFAULT_AGENT_VARIABLE];
  const originOf = (file: typeof withDefault): Origin =>
    file === undefined ? { kind: 'default' } : { kind: 'file', source: file.source };
  return {
    profiles: withProfiles?.values.agents ?? {},
    profilesOrigin: originOf(withProfiles),
    defaultAgent: variable || (withDefault?.values.defaultAgent ?? null),
    defaultOrigin: variable ? { kind: 'environment', name: DEFAULT_AGENT_VARIABLE } : originOf(withDefault),
  };
}

interface Given {
  readonly value: FlagValue | null;
  /** How an error message names the place: `--db`, `WRAPPER_DB`, `db in /x/wrapper.config.yaml`. */
  readonly label: string;
  readonly origin: Origin;
}

function strongest(
  option: RunOption,
  key: ConfigKey,
  context: ConfigurationContext,
  files: readonly { source: ConfigurationSource; values: FileValues }[],
): Given {
  const flag = context.flags[option.name];
  if (flag !== undefined) {
    const name = flag === false ? `--no-${option.name}` : `--${option.name}`;
    return { value: flag, label: name, origin: { kind: 'flag', name } };
  }
  const { env } = option;
  const variable = env === null ? undefined : context.env[env];
  if (env !== null && variable !== undefined && variable !== '') {
    return { value: variable, label: env, origin: { kind: 'environment', name: env } };
  }
  for (const { source, values } of files) {
    const value = values[key];
    if (value !== undefined) {
      return { value, label: `${key} in ${source.path}`, origin: { kind: 'file', source } };
    }
  }
  return { value: option.default, label: key, origin: { kind: 'default' } };
}

function interpret(
  option: RunOption,
  value: FlagValue | null,
  label: string,
  context: ConfigurationContext,
): FlagValue | number | null {
  if (value === null || typeof value === 'boolean') return value;
  switch (option.kind) {
    case 'boolean':
    case 'auto': {
      if (option.kind === 'auto' && value.trim().toLowerCase() === 'auto') return null;
      const parsed = parseBoolean(value);
      if (parsed !== undefined) return parsed;
      const auto = option.kind === 'auto' ? ', or auto' : '';
      throw new WrapperError('usage', `${label}: "${value}" is neither yes nor no`, {
        hint: `Use 1, true, yes, on, or 0, false, no, off${auto}.`,
      });
    }
    case 'size': {
      const bytes = parseSize(value);
      if (bytes !== undefined) return bytes;
      throw new WrapperError('usage', `${label}: "${value}" is not a size`, {
        hint: 'Use bytes or a unit of 1024, such as 500M or 2GiB; 0 means no limit.',
      });
    }
    case 'port': {
      const port = parsePort(value);
      if (port !== undefined) return port;
      throw new WrapperError('usage', `${label}: "${value}" is not a port`, {
        hint: 'Use a number up to 65535; 0 means any free one.',
      });
    }
    case 'path':
      if (value === '')
        throw new WrapperError('usage', `${label}: the path is empty`, { hint: 'Name a file.' });
      return resolvePath(value, context);
    case 'string':
      // `--environment=` takes back what a file or variable has set.
      return value === '' ? null : value;
  }
}

function findSources(context: ConfigurationContext): ConfigurationSource[] {
  const chosen = context.flags['config'] ?? context.env['WRAPPER_CONFIG'];
  if (chosen === '' && context.flags['config'] !== undefined) {
    throw new WrapperError('usage', '--config: the path is empty', { hint: 'Name a file.' });
  }
  if (typeof chosen === 'string' && chosen !== '')
    return [{ kind: 'chosen', path: resolve(context.cwd, chosen) }];
  const sources: ConfigurationSource[] = [];
  const project = findProjectFile(context.cwd);
  if (project !== undefined) sources.push({ kind: 'project', path: project });
  const user = findUserFile(context);
  if (user !== undefined) sources.push({ kind: 'user', path: user });
  return sources;
}

/** The nearest project file from the working directory up to the root of its repository, or of the cwd alone. */
function findProjectFile(cwd: string): string | undefined {
  let nearest: string | undefined;
  for (let folder = cwd; ; folder = dirname(folder)) {
    nearest ??= firstExisting(folder, PROJECT_FILES);
    if (exists(join(folder, '.git'))) return nearest;
    if (folder === dirname(folder)) break;
  }
  // No repository: a file further up belongs to something else.
  return nearest !== undefined && dirname(nearest) === cwd ? nearest : undefined;
}

function findUserFile(context: ConfigurationContext): string | undefined {
  const folder = userConfigurationFolder(context);
  return folder === undefined ? undefined : firstExisting(folder, USER_FILES);
}

/** The folder of the user's configuration by the XDG base directory specification; undefined without a home. */
export function userConfigurationFolder(context: ConfigurationContext): string | undefined {
  const xdg = context.env['XDG_CONFIG_HOME'];
  // The specification calls a relative path invalid and wants it ignored.
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, 'wrapper');
  const home = homeOf(context);
  return home === undefined ? undefined : join(home, '.config', 'wrapper');
}

function firstExisting(folder: string, names: readonly string[]): string | undefined {
  for (const name of names) {
    const path = join(folder, name);
    if (exists(path)) return path;
  }
  return undefined;
}

function exists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // A folder that may not be searched holds no configuration for this user.
    return false;
  }
}
