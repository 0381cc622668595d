// `wrapper patterns list`: the patterns that a run here would use.

import { RISK_LEVELS } from '../../model/event.ts';
import { type Pattern, riskOf } from '../../model/pattern.ts';
import type { Call, CommandDefinition } from '../command.ts';
import { addFilters, riskFilter, textOption, typeFilter } from '../filters.ts';
import { printListing } from '../listing.ts';
import { paintRisk } from '../risk-style.ts';

export const patternsListCommand: CommandDefinition = {
  name: 'patterns list',
  help: 'List the patterns that a run here would use, the built-in ones and those of --patterns.',
  formats: ['text', 'json', 'jsonl'],
  runOptions: ['patterns', 'config'],
  examples: [
    ['wrapper patterns list --type confirmation', 'what counts as a prompt'],
    ['wrapper patterns list --patterns mine.yaml --json', 'with your own'],
  ],
  define(command) {
    addFilters(command, ['type', 'pattern', 'risk']);
  },
  async run(call) {
    const type = typeFilter(call);
    const name = textOption(call, 'pattern');
    const risk = riskFilter(call);
    const { loadPatternSet } = await import('../../stream/pattern-set.ts');
    const set = await loadPatternSet(call.configuration.settings.patterns ?? undefined);
    const custom = new Set(set.custom);
    const items = set.patterns.filter(
      (pattern) =>
        (type === undefined || pattern.type === type) &&
        (name === undefined || pattern.name === name) &&
        (risk === undefined || RISK_LEVELS.indexOf(riskOf(pattern)) >= RISK_LEVELS.indexOf(risk)),
    );
    await printListing(call, {
      key: 'patterns',
      items,
      limit: Math.max(1, items.length),
      empty: 'No pattern matches.',
      columns: [
        { title: 'PATTERN', value: (pattern) => pattern.name, paint: (text) => call.output.style.bold(text) },
        { title: 'TYPE', value: (pattern) => pattern.type },
        {
          title: 'RISK',
          value: (pattern) => riskOf(pattern),
          paint: (text, pattern) => paintRisk(call.output, riskOf(pattern))(text),
        },
        { title: 'FROM', value: (pattern) => originOf(custom, pattern) },
        { title: 'FINDS', value: (pattern) => pattern.description ?? pattern.regex, shrinkTo: 10 },
      ],
      toDocument: (pattern) => patternDocument(custom, pattern),
    });
    if (call.format === 'text') noteCount(call, items.length, set.version);
    return 0;
  },
};

function originOf(custom: ReadonlySet<string>, pattern: Pattern): string {
  return custom.has(pattern.name) ? 'file' : 'built-in';
}

function noteCount(call: Call, count: number, version: string): void {
  if (count > 0) call.output.note(`${count} patterns, version ${version}.`);
}

function patternDocument(custom: ReadonlySet<string>, pattern: Pattern): Record<string, unknown> {
  return {
    name: pattern.name,
    type: pattern.type,
    risk: riskOf(pattern),
    origin: custom.has(pattern.name) ? 'file' : 'built_in',
    regex: pattern.regex,
    flags: pattern.flags ?? '',
    value: pattern.value ?? 0,
    auto_confirmable: pattern.autoConfirmable ?? false,
    agents: pattern.agents ?? null,
    priority: pattern.priority ?? 0,
    every: pattern.every ?? false,
    description: pattern.description ?? null,
    samples: { match: pattern.samples.match, no_match: pattern.samples.noMatch },
  };
}
