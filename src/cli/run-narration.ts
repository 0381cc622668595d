// What `wrapper run` says on stderr while it works: a line for each thing that happens, in the order in which it happens.

import type { AttemptResult, RunProgress, StepResult } from '../model/run.ts';
import { escapeControls, formatCount, formatDuration } from './format.ts';
import { shortIds } from './session-id.ts';

export class RunNarration {
  readonly #say: (line: string) => void;
  #steps = 0;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  readonly tell = (progress: RunProgress): void => {
    switch (progress.type) {
      case 'run_started':
        this.#steps = progress.steps.length;
        return;
      case 'step_started': {
        // Of a run of one step, nobody needs to be told that it has begun.
        if (this.#steps === 1) return;
        const again = progress.attempt === 1 ? '' : `, attempt ${progress.attempt} of ${progress.attempts}`;
        this.#say(`${nameOf(progress.step)} started (${escapeControls(progress.agent)}${again})`);
        return;
      }
      case 'attempt_finished':
        if (progress.retrying)
          this.#say(`${nameOf(progress.step)} ${howItEnded(progress.result)}; trying again`);
        return;
      case 'step_finished':
        this.#say(`${nameOf(progress.step)} ${howItEnded(progress.result)}${rest(progress.result)}`);
        return;
      case 'step_session':
      case 'run_finished':
        return;
    }
  };
}

/** `failed after 1.2s: exited with 3`. */
function howItEnded({ status, duration_ms, reason }: AttemptResult | StepResult): string {
  const words = status.replace('_', ' ');
  const after = duration_ms === null ? '' : ` after ${formatDuration(duration_ms)}`;
  return reason === null ? `${words}${after}` : `${words}${after}: ${escapeControls(reason)}`;
}

function rest(result: StepResult): string {
  if (result.session_id === null) return '';
  const tries = result.attempts.length > 1 ? `, ${result.attempts.length} attempts` : '';
  const found = result.events > 0 ? `, ${formatCount(result.events, 'event')}` : '';
  return `${tries}${found} · wrapper show ${shortIds([result.session_id])(result.session_id)}`;
}

function nameOf(step: string): string {
  return `wrapper: ${escapeControls(step)}`;
}
