// The options that make a run a stage of a campaign, as what is asked for. On the hot path: it loads nothing.

import { WrapperError } from '../model/errors.ts';
import type { RunFlags } from './options.ts';
import { resolvePath } from './path-input.ts';

const NEEDED = ['campaign', 'stage', 'scan-file'] as const;
const FLAGS = [...NEEDED, 'scan-id', 'fail-campaign'];

/** Whether the run is a stage. */
export function isStage(flags: RunFlags): boolean {
  return FLAGS.some((name) => name in flags);
}

/**
 * What to say of a command that got the options of a stage as its own, because it is a program with arguments and not one word
 * of shell: nobody would notice until the result is missed. Undefined for every other command.
 */
export function misplacedStageNote(words: readonly string[]): string | undefined {
  const isMeant = NEEDED.every((name) =>
    words.some((word, at) => at > 0 && (word === `--${name}` || word.startsWith(`--${name}=`))),
  );
  // A wrapper that is wrapped takes them.
  if (!isMeant || /(^|\/)wrapper(\.cjs)?$/.test(words[0] ?? '')) return undefined;
  return (
    '--scan-file here belongs to the command, so this is no stage. ' +
    'Put --campaign, --stage and --scan-file before the agent, or quote the command.'
  );
}

/** @throws WrapperError `usage` when one of the options is missing that go together */
export function stageRequest(
  flags: RunFlags,
  process: { readonly env: Readonly<Record<string, string | undefined>>; cwd(): string },
) {
  const missing = NEEDED.filter((name) => !(name in flags));
  if (missing.length > 0) {
    throw new WrapperError(
      'usage',
      `a stage needs ${missing.map((name) => `--${name}`).join(' and ')}, too`,
      {
        hint: 'wrapper recon-bot "python recon.py" --campaign ID --stage recon --scan-file out.json',
      },
    );
  }
  const text = (name: string): string => String(flags[name]);
  return {
    campaign: text('campaign'),
    stage: text('stage'),
    scanFile: resolvePath(text('scan-file'), { cwd: process.cwd(), env: process.env }),
    ...('scan-id' in flags ? { scanId: text('scan-id') } : {}),
    failCampaign: flags['fail-campaign'] === true,
  };
}
