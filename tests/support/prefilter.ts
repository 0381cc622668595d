// A whole prefilter at once, for tests that do not care how it comes about.

import { type Prefilter, type PrefilterSource, prefilterSteps } from '../../src/stream/prefilter.ts';

export function createPrefilter(sources: readonly PrefilterSource[]): Prefilter {
  const steps = prefilterSteps(sources);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
