// Where each setting comes from, and what is refused.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../../src/cli/configuration.ts';
import { CONFIG_KEYS, RUN_OPTIONS, type RunFlags } from '../../../src/cli/options.ts';
import { WrapperError } from '../../../src/model/errors.ts';

let root: string;
let home: string;
let project: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'wrapper-configuration-'));
  home = join(root, 'home');
  project = join(root, 'project');
  mkdirSync(join(project, '.git'), { recursive: true });
  mkdirSync(join(home, '.config', 'wrapper'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const writeProject = (text: string, name = 'wrapper.config.yaml'): void =>
  writeFileSync(join(project, name), text);
const writeUser = (text: string): void =>
  writeFileSync(join(home, '.config', 'wrapper', 'config.yaml'), text);
const load = (flags: RunFlags = {}, env: Record<string, string> = {}, cwd = project) =>
  loadConfiguration({ flags, env, cwd, home });
const failure = async (...args: Parameters<typeof load>): Promise<WrapperError> => {
  const error = await load(...args).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof WrapperError)) throw new Error(`no WrapperError but ${String(error)}`);
  expect(error.code).toBe('usage');
  return error;
};

describe('precedence', () => {
  it('takes flag, variable, project file, user file and default in this order', async () => {
    const layers = [() => writeUser('environment: user\n'), () => writeProject('environment: project\n')];
    expect((await load()).settings.environment).toBeNull();
    layers[0]!();
    expect((await load()).settings.environment).toBe('user');
    layers[1]!();
    const fromProject = await load();
    expect(fromProject.settings.environment).toBe('project');
    expect(fromProject.origins.environment).toEqual({
      kind: 'file',
      source: { kind: 'project', path: join(project, 'wrapper.config.yaml') },
    });
    const fromVariable = await load({}, { WRAPPER_ENVIRONMENT: 'variable' });
    expect(fromVariable.settings.environment).toBe('variable');
    expect(fromVariable.origins.environment).toEqual({ kind: 'environment', name: 'WRAPPER_ENVIRONMENT' });
    const fromFlag = await load({ environment: 'flag' }, { WRAPPER_ENVIRONMENT: 'variable' });
    expect(fromFlag.settings.environment).toBe('flag');
    expect(fromFlag.origins.environment).toEqual({ kind: 'flag', name: '--environment' });
  });

  it('has the documented defaults', async () => {
    const { settings, origins, files } = await load();
    expect(settings).toEqual({
      enableDb: false,
      db: join(project, 'data/wrapper.db'),
      campaignsDb: null,
      pty: null,
      environment: null,
      patterns: null,
      recordInput: false,
      record: true,
      maxRecording: 1024 ** 3,
      serve: null,
      port: null,
      quiet: false,
      verbose: false,
    });
    expect(files).toEqual([]);
    for (const key of CONFIG_KEYS) expect(origins[key]).toEqual({ kind: 'default' });
  });

  it('takes an empty variable as unset', async () => {
    writeUser('enableDb: true\n');
    expect((await load({}, { WRAPPER_ENABLE_DB: '', WRAPPER_CONFIG: '' })).settings.enableDb).toBe(true);
  });

  it('reads only the file that --config or WRAPPER_CONFIG names', async () => {
    writeProject('environment: project\n');
    writeUser('quiet: true\n');
    writeFileSync(join(root, 'mine.json'), '{"recordInput": true}');
    for (const { settings, files } of [
      await load({ config: '../mine.json' }),
      await load({}, { WRAPPER_CONFIG: join(root, 'mine.json') }),
    ]) {
      expect(settings).toMatchObject({ recordInput: true, environment: null, quiet: false });
      expect(files).toEqual([{ kind: 'chosen', path: join(root, 'mine.json') }]);
    }
    expect((await failure({ config: 'absent.yaml' })).message).toContain(join(project, 'absent.yaml'));
  });
});

describe('values', () => {
  it.each([
    ['1', true],
    ['TRUE', true],
    ['yes', true],
    ['on', true],
    ['0', false],
    ['False', false],
    ['no', false],
    ['off', false],
  ])('reads the boolean %s', async (text, expected) => {
    expect((await load({}, { WRAPPER_QUIET: text })).settings.quiet).toBe(expected);
    expect((await load({}, { WRAPPER_PTY: text })).settings.pty).toBe(expected);
  });

  it('refuses what is no boolean and names the variable', async () => {
    expect((await failure({}, { WRAPPER_QUIET: 'maybe' })).message).toBe(
      'WRAPPER_QUIET: "maybe" is neither yes nor no',
    );
    await failure({}, { WRAPPER_QUIET: 'auto' });
    expect((await load({}, { WRAPPER_PTY: 'auto' })).settings.pty).toBeNull();
  });

  it('refuses what is no size, and knows the units', async () => {
    expect((await failure({ 'max-recording': '10 elephants' })).message).toContain('--max-recording');
    expect((await load({ 'max-recording': '10M' })).settings.maxRecording).toBe(10 * 1024 ** 2);
    expect((await load({ 'max-recording': '0' })).settings.maxRecording).toBe(0);
    expect((await load({ port: '0' })).settings.port).toBe(0);
    expect((await load({ port: '65535' })).settings.port).toBe(65_535);
    await expect(load({ port: '65536' })).rejects.toThrow('"65536" is not a port');
    await expect(load({ port: '80a' })).rejects.toThrow('is not a port');
  });

  it('resolves paths against the working directory, and in a file against the file', async () => {
    const sub = join(project, 'a', 'b');
    mkdirSync(sub, { recursive: true });
    writeProject('db: store/x.db\n');
    expect((await load({}, {}, sub)).settings.db).toBe(join(project, 'store/x.db'));
    expect((await load({ db: 'x.db' }, {}, sub)).settings.db).toBe(join(sub, 'x.db'));
    expect((await failure({ db: '' })).message).toContain('--db');
  });
});

describe('the project file', () => {
  it('is found upwards to the root of the repository and no further', async () => {
    const sub = join(project, 'a', 'b');
    mkdirSync(sub, { recursive: true });
    writeFileSync(join(root, 'wrapper.config.yaml'), 'environment: outside\n');
    expect((await load({}, {}, sub)).settings.environment).toBeNull();
    writeProject('environment: project\n', 'wrapper.config.yml');
    expect((await load({}, {}, sub)).settings.environment).toBe('project');
    writeFileSync(join(sub, 'wrapper.config.json'), '{"environment": "nearest"}');
    expect((await load({}, {}, sub)).settings.environment).toBe('nearest');
  });

  it('without a repository is only looked for in the working directory', async () => {
    rmSync(join(project, '.git'), { recursive: true });
    const sub = join(project, 'a');
    mkdirSync(sub);
    writeProject('environment: project\n');
    expect((await load({}, {}, sub)).settings.environment).toBeNull();
    expect((await load()).settings.environment).toBe('project');
  });

  it('may not record input', async () => {
    writeProject('environment: ci\nrecordInput: true\n');
    const error = await failure();
    expect(error.message).toContain(`${join(project, 'wrapper.config.yaml')}, line 2`);
    expect(error.hint).toContain('--record-input');
  });

  it.each([
    'db: ../outside.db',
    'db: /elsewhere/outside.db',
    'patterns: ../../etc/patterns.yaml',
    'db: link/outside.db',
    'db: dangling',
    'db: .',
  ])('may not lead out of the project: %s', async (line) => {
    symlinkSync(root, join(project, 'link'));
    symlinkSync(join(root, 'absent'), join(project, 'dangling'));
    writeProject(`${line}\n`);
    expect((await failure()).message).toContain('leads out of the project folder');
  });

  it('of the user may do both', async () => {
    writeUser('recordInput: true\ndb: /somewhere/else.db\n');
    expect((await load()).settings).toMatchObject({ recordInput: true, db: '/somewhere/else.db' });
  });
});

describe('a file that is wrong', () => {
  it.each([
    ['enableDb: true\nenable_db: true\n', 'line 2: unknown key "enable_db"', 'Did you mean enableDb?'],
    ['quite: true\n', 'line 1: unknown key "quite"', 'Did you mean quiet?'],
    ['colour: true\n', 'line 1: unknown key "colour"', 'The keys are'],
    ['\n\nquiet: perhaps\n', 'line 3: quiet must be true or false', undefined],
    ['pty: 7\n', 'line 1: pty must be true, false or auto', undefined],
    ['port: 70000\n', 'line 1: port must be a port up to 65535', undefined],
    ['maxRecording: big\n', 'line 1: maxRecording must be a size', undefined],
    ['environment: [a]\n', 'line 1: environment must be text', undefined],
    ['db: ""\n', 'line 1: db must be a path', undefined],
    ['- quiet\n', 'line 1: expected keys and values', undefined],
    ['quiet: true\nquiet: false\n', 'line 2:', undefined],
    ['a: [1,\n', 'line 2:', undefined],
  ])('%j', async (text, message, hint) => {
    writeUser(text);
    const error = await failure();
    expect(error.message).toContain(join(home, '.config', 'wrapper', 'config.yaml'));
    expect(error.message).toContain(message);
    expect(error.message).not.toContain('\n');
    if (hint !== undefined) expect(error.hint).toContain(hint);
  });

  it('may be empty, and may say yes and no', async () => {
    writeUser('# nothing\n');
    expect((await load()).settings.quiet).toBe(false);
    writeUser('quiet: yes\nrecord: off\nmaxRecording: 1048576\n');
    expect((await load()).settings).toMatchObject({ quiet: true, record: false, maxRecording: 1048576 });
  });
});

describe('the user folder', () => {
  it('follows XDG_CONFIG_HOME and ignores a relative one', async () => {
    const xdg = join(root, 'xdg');
    mkdirSync(join(xdg, 'wrapper'), { recursive: true });
    writeFileSync(join(xdg, 'wrapper', 'config.json'), '{"environment": "xdg"}');
    writeUser('environment: home\n');
    expect((await load({}, { XDG_CONFIG_HOME: xdg })).settings.environment).toBe('xdg');
    expect((await load({}, { XDG_CONFIG_HOME: 'xdg' })).settings.environment).toBe('home');
  });

  it('may be absent or no folder at all', async () => {
    const context = { flags: {}, env: {}, cwd: project };
    writeFileSync(join(root, 'file'), '');
    expect((await loadConfiguration({ ...context, home: join(root, 'file') })).files).toEqual([]);
    expect((await loadConfiguration({ ...context, home: join(root, 'absent') })).files).toEqual([]);
    expect((await loadConfiguration(context)).settings.enableDb).toBe(false);
  });
});

describe('the table of options', () => {
  it('names every key once, with its variable', () => {
    expect(RUN_OPTIONS.flatMap((option) => option.key ?? [])).toEqual([...CONFIG_KEYS]);
    for (const option of RUN_OPTIONS) {
      const name = option.name.toUpperCase().replaceAll('-', '_');
      // The specification names one of them; what makes one run a stage must not reach the runs inside it.
      const expected = name === 'CAMPAIGNS_DB' ? name : `WRAPPER_${name}`;
      expect(option.env).toBe(option.key === null && option.name !== 'config' ? null : expected);
      if (option.key !== null) {
        expect(option.key).toBe(
          option.name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()),
        );
      }
    }
  });
});
