// The `agents` of a configuration file: how each is run with a goal, as a list of words or with more about it.

import { nearestName } from '../model/nearest.ts';
import { type AgentProfile, agentNameSchema, agentProfileSchema } from '../model/wire-agent.ts';

const KEYS = Object.keys(agentProfileSchema.shape);

/**
 * The checked profiles.
 *
 * @param refuse called with the agent and what is wrong; must throw
 */
export function readProfiles(
  value: unknown,
  refuse: (agent: string, reason: string) => never,
): Record<string, AgentProfile> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse(
      '',
      'agents must be names, each with a list of words such as [my-agent, --prompt, "{goal}"]',
    );
  }
  const profiles: [string, AgentProfile][] = [];
  for (const [agent, given] of Object.entries(value)) {
    const name = agentNameSchema.safeParse(agent);
    if (!name.success) refuse(agent, `the agent's name ${name.error.issues[0]!.message}`);
    const parsed = agentProfileSchema.safeParse(Array.isArray(given) ? { command: given } : given);
    if (!parsed.success) return refuse(agent, `agents.${agent}${reasonOf(parsed.error.issues[0]!)}`);
    profiles.push([agent, parsed.data]);
  }
  return Object.fromEntries(profiles);
}

function reasonOf(issue: { code?: string; path: PropertyKey[]; message: string; keys?: string[] }): string {
  if (issue.keys !== undefined) {
    const [key = ''] = issue.keys;
    const near = nearestName(key, KEYS);
    return `: unknown key "${key}", ${near === undefined ? `expected ${KEYS.join(', ')}` : `did you mean ${near}?`}`;
  }
  if (issue.path.length === 0) return ' must be a list of words, or keys and values';
  return `.${issue.path.map(String).join('.')} ${issue.message}`;
}
