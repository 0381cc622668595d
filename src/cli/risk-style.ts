// The colours of risks and states. They only repeat what the words say.

import type { RiskLevel } from '../model/event.ts';
import type { SessionState } from '../model/session.ts';
import type { Output } from './output.ts';

/** A painter for cells that hold a risk level. */
export function paintRisk(output: Output, risk: RiskLevel | null): (text: string) => string {
  if (risk === 'critical') return output.style.red.bold;
  if (risk === 'high') return output.style.red;
  if (risk === 'medium') return output.style.yellow;
  return risk === 'low' ? (text) => text : output.style.dim;
}

/** A painter for cells that hold a session's state. */
export function paintState(output: Output, state: SessionState | null): (text: string) => string {
  if (state === 'completed') return output.style.green;
  if (state === 'failed') return output.style.red;
  if (state === 'killed' || state === 'lost') return output.style.yellow;
  return output.style.cyan;
}
