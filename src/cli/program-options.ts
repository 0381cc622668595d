// Run options as the parser of a subcommand takes them.

import { Option } from 'commander';
import { findRunOption, takesValue } from './options.ts';

/** The option of the table with this name. */
export function runOption(name: string): Option {
  const found = findRunOption(name);
  if (found === undefined) throw new Error(`there is no run option ${name}`);
  const { option } = found;
  const flags = takesValue(option)
    ? `--${option.name} <${option.placeholder!.toLowerCase()}>`
    : `--${option.name}`;
  return new Option(flags, option.help);
}
