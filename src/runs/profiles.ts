// How each known agent is run once with a goal and without asking anybody. A profile grants an agent no permission that it
// does not have by itself: whoever wants it to edit files or run commands unasked writes a profile that says so.

import type { AgentProfile } from '../model/wire-agent.ts';

export type AgentProfiles = Readonly<Record<string, AgentProfile>>;

/** `{goal}` stands for the goal, within one argument and never seen by a shell. */
const BUILTIN_PROFILES: AgentProfiles = {
  codex: { command: ['codex', 'exec', '{goal}'] },
  claude: { command: ['claude', '-p', '{goal}'] },
  gemini: { command: ['gemini', '-p', '{goal}'] },
  opencode: { command: ['opencode', 'run', '{goal}'] },
  qwen: { command: ['qwen', '-p', '{goal}'] },
  copilot: { command: ['copilot', '-p', '{goal}'] },
  aider: { command: ['aider', '--message', '{goal}'] },
};

/** The built-in profiles with a user's own, which go before those of the same name. */
export function profilesWith(own: AgentProfiles): AgentProfiles {
  return { ...BUILTIN_PROFILES, ...own };
}
