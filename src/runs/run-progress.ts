// What happened in a run that is over, told again as it would have been told meanwhile.

import type { RunProgress, RunRecord } from '../model/run.ts';

export function progressOf({ plan_result: plan, execution_result: execution }: RunRecord): RunProgress[] {
  const { success, outcome, duration_ms } = execution;
  return [
    {
      type: 'run_started',
      execution_id: execution.execution_id,
      plan_id: plan.plan_id,
      objective: plan.objective,
      steps: plan.steps.map(({ name }) => name),
    },
    ...execution.steps.flatMap((result, index): RunProgress[] => {
      const attempts = (plan.steps[index]?.retries ?? 0) + 1;
      const { name: step, agent } = result;
      return [
        ...result.attempts.flatMap((attempt, at): RunProgress[] => [
          { type: 'step_started', step, agent, attempt: attempt.attempt, attempts },
          ...(attempt.session_id === null
            ? []
            : [
                {
                  type: 'step_session',
                  step,
                  attempt: attempt.attempt,
                  session_id: attempt.session_id,
                } as const,
              ]),
          { type: 'attempt_finished', step, result: attempt, retrying: at < result.attempts.length - 1 },
        ]),
        { type: 'step_finished', step, result },
      ];
    }),
    { type: 'run_finished', success, outcome, duration_ms },
  ];
}
