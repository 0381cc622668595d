// What was found in a session so far, in numbers: for the note at its end.

import { type Finding, RISK_LEVELS, type RiskLevel } from '../model/event.ts';

export class FindingTally {
  readonly #byType: Record<string, number> = {};
  #highestRisk: RiskLevel = 'none';

  get eventsByType(): Readonly<Record<string, number>> {
    return this.#byType;
  }

  get highestRisk(): RiskLevel {
    return this.#highestRisk;
  }

  add({ eventType, riskLevel }: Pick<Finding, 'eventType' | 'riskLevel'>): void {
    this.#byType[eventType] = (this.#byType[eventType] ?? 0) + 1;
    if (RISK_LEVELS.indexOf(riskLevel) > RISK_LEVELS.indexOf(this.#highestRisk))
      this.#highestRisk = riskLevel;
  }
}

/** Whether a finding deserves a mark in the recording. */
export function deservesMarker({ riskLevel }: Pick<Finding, 'riskLevel'>): boolean {
  return RISK_LEVELS.indexOf(riskLevel) >= RISK_LEVELS.indexOf('high');
}
