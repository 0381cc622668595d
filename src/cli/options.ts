// The options of a wrapped run, once, as plain data. The grammar of the command line, the environment
// variables, the configuration files, the help text and docs/CLI.md are all derived from this table, so an
// option cannot exist in one of them and be missing in another. Loaded on the hot path: it imports nothing.

/** Keys of the configuration: what files use and what `wrapper config` prints. */
export const CONFIG_KEYS = [
  'enableDb',
  'db',
  'campaignsDb',
  'pty',
  'environment',
  'patterns',
  'recordInput',
  'record',
  'maxRecording',
  'serve',
  'port',
  'quiet',
  'verbose',
] as const;
export type ConfigKey = (typeof CONFIG_KEYS)[number];

/**
 * - `boolean`: `--name` and `--no-name`
 * - `auto`: a boolean whose third value, `auto`, lets the wrapper decide
 * - `string`: any text
 * - `path`: a file; relative to the working directory, or to the configuration file that sets it
 * - `size`: bytes, see `parseSize`
 * - `port`: a TCP port, see `parsePort`
 */
export type OptionKind = 'boolean' | 'auto' | 'string' | 'path' | 'size' | 'port';

/** What a project file, which may come from a cloned repository, may do with an option. */
type ProjectFileRule = 'allowed' | 'inside_project' | 'refused';

export interface RunOption {
  /** Long flag without dashes. */
  readonly name: string;
  readonly kind: OptionKind;
  /** Environment variable; null for what is said of one run only, and must not reach the runs inside it. */
  readonly env: string | null;
  /** Key in a configuration file; null for what no file can say. */
  readonly key: ConfigKey | null;
  /** In the text form in which a user would write it; null when unset by default. */
  readonly default: string | null;
  /** Stands for the value in help texts; null for flags. */
  readonly placeholder: string | null;
  /** One clause, lower case, without a full stop. */
  readonly help: string;
  readonly projectFile: ProjectFileRule;
  /**
   * The forms that may end the line after a command given as separate words. A form that ends with `=` takes a
   * value. Short on purpose: each of them is a flag that a wrapped command cannot have as its last words
   * without a `--` before it, so common flags (`--verbose`, `--config`, `--record`) are not among them.
   */
  readonly trailing: readonly string[];
}

/** Every option of `wrapper [options] <agent> <command>`, in the order in which help shows them. */
export const RUN_OPTIONS: readonly RunOption[] = [
  {
    name: 'enable-db',
    kind: 'boolean',
    env: 'WRAPPER_ENABLE_DB',
    key: 'enableDb',
    default: 'false',
    placeholder: null,
    help: 'store the session, its events and its recording',
    projectFile: 'allowed',
    trailing: ['--enable-db', '--no-enable-db'],
  },
  {
    name: 'db',
    kind: 'path',
    env: 'WRAPPER_DB',
    key: 'db',
    default: 'data/wrapper.db',
    placeholder: 'PATH',
    help: 'the database; recordings go to the folder sessions/ beside it',
    projectFile: 'inside_project',
    trailing: ['--db='],
  },
  {
    name: 'campaigns-db',
    kind: 'path',
    env: 'CAMPAIGNS_DB',
    key: 'campaignsDb',
    default: null,
    placeholder: 'PATH',
    help: 'a database of their own for campaigns, such as ~/.aspexa/campaigns.db; scans go to objects/ beside it',
    projectFile: 'inside_project',
    trailing: [],
  },
  {
    name: 'campaign',
    kind: 'string',
    env: null,
    key: null,
    default: null,
    placeholder: 'ID',
    help: 'the command is a stage of this campaign; goes with --stage and --scan-file',
    projectFile: 'refused',
    trailing: [],
  },
  {
    name: 'stage',
    kind: 'string',
    env: null,
    key: null,
    default: null,
    placeholder: 'STAGE',
    help: 'which one: recon, garak or exploit',
    projectFile: 'refused',
    trailing: [],
  },
  {
    name: 'scan-file',
    kind: 'path',
    env: null,
    key: null,
    default: null,
    placeholder: 'FILE',
    help: 'where the command leaves the result of the stage; for garak also its own *.report.jsonl',
    projectFile: 'refused',
    trailing: [],
  },
  {
    name: 'scan-id',
    kind: 'string',
    env: null,
    key: null,
    default: null,
    placeholder: 'ID',
    help: 'the id of the scan; by default it follows from the content of the result',
    projectFile: 'refused',
    trailing: [],
  },
  {
    name: 'fail-campaign',
    kind: 'boolean',
    env: null,
    key: null,
    default: 'false',
    placeholder: null,
    help: 'when the stage fails, the campaign fails',
    projectFile: 'refused',
    trailing: [],
  },
  {
    name: 'pty',
    kind: 'auto',
    env: 'WRAPPER_PTY',
    key: 'pty',
    default: 'auto',
    placeholder: null,
    help: 'run the command on a terminal of its own, or (--no-pty) on pipes; by default a terminal when stdin and stdout are one',
    projectFile: 'allowed',
    trailing: ['--pty', '--no-pty'],
  },
  {
    name: 'environment',
    kind: 'string',
    env: 'WRAPPER_ENVIRONMENT',
    key: 'environment',
    default: null,
    placeholder: 'NAME',
    help: 'a name stored with the session, such as ci or staging',
    projectFile: 'allowed',
    trailing: [],
  },
  {
    name: 'patterns',
    kind: 'path',
    env: 'WRAPPER_PATTERNS',
    key: 'patterns',
    default: null,
    placeholder: 'FILE',
    help: 'add the patterns of a YAML or JSON file to the built-in ones',
    projectFile: 'inside_project',
    trailing: [],
  },
  {
    name: 'record-input',
    kind: 'boolean',
    env: 'WRAPPER_RECORD_INPUT',
    key: 'recordInput',
    default: 'false',
    placeholder: null,
    help: 'record what is typed, too, passwords included',
    projectFile: 'refused',
    trailing: ['--record-input'],
  },
  {
    name: 'record',
    kind: 'boolean',
    env: 'WRAPPER_RECORD',
    key: 'record',
    default: 'true',
    placeholder: null,
    help: 'store events only, without a recording; recovery after a crash then has nothing to read',
    projectFile: 'allowed',
    trailing: ['--no-record'],
  },
  {
    name: 'max-recording',
    kind: 'size',
    env: 'WRAPPER_MAX_RECORDING',
    key: 'maxRecording',
    default: '1GiB',
    placeholder: 'SIZE',
    help: 'end the recording (not the session) at this size; 0 for no limit',
    projectFile: 'allowed',
    trailing: ['--max-recording='],
  },
  {
    name: 'serve',
    kind: 'auto',
    env: 'WRAPPER_SERVE',
    key: 'serve',
    default: 'auto',
    placeholder: null,
    help: 'serve the database on this machine while the command runs, if it is stored and nobody serves it yet, or (--no-serve) leave that to others',
    projectFile: 'allowed',
    trailing: [],
  },
  {
    name: 'port',
    kind: 'port',
    env: 'WRAPPER_PORT',
    key: 'port',
    default: null,
    placeholder: 'PORT',
    help: 'serve on this port and no other; by default on 8151, or on a free port when that is taken',
    // The server answers loopback only, whatever its port.
    projectFile: 'allowed',
    trailing: [],
  },
  {
    name: 'quiet',
    kind: 'boolean',
    env: 'WRAPPER_QUIET',
    key: 'quiet',
    default: 'false',
    placeholder: null,
    help: 'say nothing on stderr but what goes wrong: errors before the command starts, and problems of recording',
    projectFile: 'allowed',
    trailing: [],
  },
  {
    name: 'verbose',
    kind: 'boolean',
    env: 'WRAPPER_VERBOSE',
    key: 'verbose',
    default: 'false',
    placeholder: null,
    help: 'say on stderr what is done and where it is stored',
    projectFile: 'allowed',
    trailing: [],
  },
  {
    name: 'config',
    kind: 'path',
    env: 'WRAPPER_CONFIG',
    key: null,
    default: null,
    placeholder: 'FILE',
    help: 'read this configuration file instead of the project file and the user file',
    projectFile: 'refused',
    trailing: [],
  },
];

/** A flag as the grammar found it: `true`/`false` for `--name`/`--no-name`, the text for `--name value`. */
export type FlagValue = string | boolean;

/** Options given on the command line, by option name (`enable-db`, not `enableDb`). */
export type RunFlags = Readonly<Record<string, FlagValue>>;

/** Whether `--name` is followed by a value. */
export function takesValue(option: RunOption): boolean {
  return option.placeholder !== null;
}

/** The option of a long flag without dashes, and whether the flag is its `no-` form; undefined when unknown. */
export function findRunOption(name: string): { option: RunOption; negated: boolean } | undefined {
  const exact = RUN_OPTIONS.find((option) => option.name === name);
  if (exact) return { option: exact, negated: false };
  if (!name.startsWith('no-')) return undefined;
  const positive = RUN_OPTIONS.find((option) => option.name === name.slice(3));
  return positive && !takesValue(positive) ? { option: positive, negated: true } : undefined;
}

/** Every long flag without dashes, `no-` forms included: what "did you mean" chooses from. */
export function runFlagNames(): string[] {
  return RUN_OPTIONS.flatMap((option) =>
    takesValue(option) ? [option.name] : [option.name, `no-${option.name}`],
  );
}

/** The option that a word is a trailing form of, or undefined; for rule 3 of the grammar. */
export function findTrailingOption(word: string): { option: RunOption; value: FlagValue } | undefined {
  for (const option of RUN_OPTIONS) {
    for (const form of option.trailing) {
      if (form.endsWith('=')) {
        if (word.startsWith(form)) return { option, value: word.slice(form.length) };
      } else if (word === form) {
        return { option, value: !form.startsWith('--no-') };
      }
    }
  }
  return undefined;
}

const SIZE = /^(\d+(?:\.\d+)?)\s*(?:([kmgt])(?:i?b)?|b)?$/i;
const SIZE_EXPONENT: Readonly<Record<string, number>> = { k: 1, m: 2, g: 3, t: 4 };

/**
 * Bytes of a size as people write it: `1048576`, `512K`, `10M`, `10MB`, `1.5GiB`. `K`, `KB` and `KiB` all mean
 * 1024 bytes. Undefined for anything else.
 */
export function parseSize(text: string): number | undefined {
  const match = SIZE.exec(text.trim());
  if (!match) return undefined;
  const exponent = SIZE_EXPONENT[(match[2] ?? '').toLowerCase()] ?? 0;
  const bytes = Math.round(Number(match[1]) * 1024 ** exponent);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** A TCP port, 0 for any free one; undefined for anything else. */
export function parsePort(text: string): number | undefined {
  const trimmed = text.trim();
  return /^\d{1,5}$/.test(trimmed) && Number(trimmed) <= 65_535 ? Number(trimmed) : undefined;
}

/** `1/true/yes/on` and `0/false/no/off` in any case; undefined for anything else. */
export function parseBoolean(text: string): boolean | undefined {
  switch (text.trim().toLowerCase()) {
    case '1':
    case 'true':
    case 'yes':
    case 'on':
      return true;
    case '0':
    case 'false':
    case 'no':
    case 'off':
      return false;
    default:
      return undefined;
  }
}
