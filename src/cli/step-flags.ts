// The settings of a run as options for the wrapper of each of its steps, so that none of them reads a configuration of its
// own: a step may run in a folder that somebody else has filled.

import type { Configuration } from './configuration.ts';

export function stepFlags({ settings }: Pick<Configuration, 'settings'>): string[] {
  const { environment, patterns, record, recordInput, maxRecording, serve } = settings;
  return [
    ...(environment === null ? [] : ['--environment', environment]),
    ...(patterns === null ? [] : ['--patterns', patterns]),
    ...(record ? [] : ['--no-record']),
    ...(recordInput ? ['--record-input'] : []),
    '--max-recording',
    String(maxRecording),
    ...(serve === false ? ['--no-serve'] : []),
  ];
}
