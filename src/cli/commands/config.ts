// `wrapper config`: each setting of a run and where it comes from.

import type { CommandDefinition } from '../command.ts';
import { DEFAULT_AGENT_VARIABLE, type Origin, userConfigurationFolder } from '../configuration.ts';
import { documentOf } from '../documents.ts';
import { escapeControls, formatSize } from '../format.ts';
import { CONFIG_KEYS, type ConfigKey, RUN_OPTIONS } from '../options.ts';
import { renderTable } from '../table.ts';

interface Row {
  readonly key: ConfigKey | 'defaultAgent' | 'agents';
  readonly value: string | number | boolean | null;
  readonly origin: Origin;
}

export const configCommand: CommandDefinition = {
  name: 'config',
  help: 'Show each setting and where it comes from: flag, environment, project file, user file or default.',
  formats: ['text', 'json'],
  runOptions: ['db', 'config'],
  examples: [
    ['wrapper config', 'what a run here would use'],
    ['WRAPPER_ENABLE_DB=1 wrapper config --json', 'for a program'],
  ],
  define() {},
  async run(call) {
    const { settings, origins, agents, files } = call.configuration;
    const own = Object.keys(agents.profiles).join(', ');
    const rows: Row[] = [
      ...CONFIG_KEYS.map((key): Row => ({ key, value: settings[key], origin: origins[key] })),
      { key: 'defaultAgent', value: agents.defaultAgent, origin: agents.defaultOrigin },
      { key: 'agents', value: own === '' ? null : own, origin: agents.profilesOrigin },
    ];
    const { output } = call;
    if (call.format === 'json') {
      const documents = rows.map(({ key, value, origin }) => ({ key, value, ...originDocument(origin) }));
      await output.write(
        documentOf({ settings: documents, files: files.map(({ kind, path }) => ({ kind, path })) }),
      );
      return 0;
    }
    const table = renderTable(
      rows,
      [
        { title: 'SETTING', value: (row) => row.key, paint: (text) => output.style.bold(text) },
        { title: 'VALUE', value: shownValue, shrinkTo: 14 },
        { title: 'FROM', value: (row) => shownOrigin(row.origin), shrinkTo: 14 },
        { title: 'SET WITH', value: (row) => howToSet(row.key) },
      ],
      output,
    );
    await output.write(table);
    if (files.length === 0) {
      const folder = userConfigurationFolder({ flags: {}, ...call.context });
      const user = folder === undefined ? '' : `\n  ${escapeControls(folder)}/config.yaml`;
      output.note(`No configuration file. These would be read:\n  ./wrapper.config.yaml${user}`);
    }
    return 0;
  },
};

function shownValue({ key, value }: Row): string {
  if ((key === 'pty' || key === 'serve') && value === null) return 'auto';
  if (key === 'port' && value === null) return '8151, or a free one';
  if (key === 'maxRecording' && typeof value === 'number')
    return value === 0 ? 'no limit' : formatSize(value);
  return value === null ? '-' : String(value);
}

function shownOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'flag':
    case 'environment':
      return origin.name;
    case 'file':
      return origin.source.path;
    case 'default':
      return 'default';
  }
}

function originDocument(origin: Origin): Record<string, string> {
  switch (origin.kind) {
    case 'flag':
    case 'environment':
      return { origin: origin.kind, name: origin.name };
    case 'file':
      return { origin: `${origin.source.kind}_file`, path: origin.source.path };
    case 'default':
      return { origin: 'default' };
  }
}

function howToSet(key: Row['key']): string {
  if (key === 'defaultAgent') return DEFAULT_AGENT_VARIABLE;
  if (key === 'agents') return 'your own file';
  // What a file can say, a variable can.
  return RUN_OPTIONS.find((option) => option.key === key)!.env!;
}
