// Turns a request into a plan. Pure and deterministic: no clock, no chance, no file, no storage; the same request gives the
// same plan, whose id is a name of its content without secrets.

import { createHash } from 'node:crypto';
import { WrapperError } from '../model/errors.ts';
import { nearestName } from '../model/nearest.ts';
import { DEFAULT_PARALLEL, type PlannedStep, type PlanResult } from '../model/run.ts';
import type { AgentProfile } from '../model/wire-agent.ts';
import type { PlanInput } from '../model/wire-run.ts';
import { findMistake, needsOf, stepName } from './plan-order.ts';
import type { AgentProfiles } from './profiles.ts';
import { RunRedactor } from './redacted-run.ts';

export type RunRequest =
  | { readonly goal: string; readonly agent: string | undefined }
  | { readonly plan: PlanInput };

/** What is known of agents: how each is run, and which one when none is named. */
export interface PlannerSettings {
  readonly profiles: AgentProfiles;
  readonly defaultAgent: string | null;
}

/**
 * The plan of a request whose members have been checked one by one.
 *
 * @throws WrapperError `plan_invalid`: no agent, an unknown one, or steps that do not fit together
 */
export function planRun(request: RunRequest, settings: PlannerSettings): PlanResult {
  return 'plan' in request ? planOf(request.plan) : planOfGoal(request.goal, request.agent, settings);
}

function planOfGoal(goal: string, named: string | undefined, settings: PlannerSettings): PlanResult {
  const agent = named ?? settings.defaultAgent;
  const known = Object.keys(settings.profiles);
  if (agent === null) {
    throw new WrapperError('plan_invalid', 'no agent is named, and there is no default agent', {
      hint: `Name one (${known.join(', ')}), or set defaultAgent in your configuration file.`,
    });
  }
  const profile = Object.hasOwn(settings.profiles, agent) ? settings.profiles[agent] : undefined;
  if (profile === undefined) {
    const near = nearestName(agent, known);
    throw new WrapperError('plan_invalid', `nothing says how the agent ${agent} is run with a goal`, {
      hint:
        near === undefined
          ? `Known are ${known.join(', ')}; agents in your configuration file adds more.`
          : `Did you mean ${near}?`,
    });
  }
  return planOf({ objective: goal, steps: [stepOf(goal, agent, profile)] });
}

function stepOf(goal: string, agent: string, profile: AgentProfile): PlanInput['steps'][number] {
  const { command, ...rest } = profile;
  return { ...rest, name: agent, agent, command: command.map((word) => word.split('{goal}').join(goal)) };
}

function planOf(input: PlanInput): PlanResult {
  const mistake = findMistake(input.steps);
  if (mistake !== undefined) throw new WrapperError('plan_invalid', mistake.message);
  const needs = needsOf(input.steps);
  const content = {
    objective: input.objective,
    max_parallel: input.max_parallel ?? DEFAULT_PARALLEL,
    steps: input.steps.map(
      (step, index): PlannedStep => ({
        name: stepName(step, index),
        agent: step.agent,
        command: step.command,
        cwd: step.cwd ?? null,
        env: sorted(step.env ?? {}),
        timeout: step.timeout ?? null,
        retries: step.retries ?? 0,
        continue_on_failure: step.continue_on_failure ?? false,
        needs: needs[index]!,
      }),
    ),
  };
  return { plan_id: idOf(content), ...content };
}

/** Of what is kept: a name of the secrets, too, would let whoever has the rest try out what they are. */
function idOf(content: Omit<PlanResult, 'plan_id'>): string {
  const kept = new RunRedactor().plan({ plan_id: '', ...content });
  const digest = createHash('sha256').update(JSON.stringify(kept)).digest('hex');
  return `plan_${digest.slice(0, 16)}`;
}

/** Two requests that name the same variables in another order are the same. */
function sorted(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).sort(([left], [right]) => (left < right ? -1 : 1)));
}
