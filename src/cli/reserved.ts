// The words that name a subcommand and therefore cannot be an agent's name without `wrapper exec`, each with the
// clause that help and docs/CLI.md show. Loaded on the hot path, so that the grammar need not load the
// subcommands to know their names.

export interface Subcommand {
  readonly name: string;
  /** What follows the name, as help shows it. */
  readonly arguments: string;
  readonly help: string;
}

/** Subcommands of `wrapper` in the order in which help shows them. */
export const SUBCOMMANDS: readonly Subcommand[] = [
  { name: 'exec', arguments: '<agent> <command…>', help: 'wrap a command for an agent of any name' },
  { name: 'sessions', arguments: '', help: 'list sessions, newest first' },
  { name: 'show', arguments: '<id>', help: 'everything about one session' },
  { name: 'log', arguments: '<id>', help: 'the text of a session, from its recording' },
  { name: 'replay', arguments: '<id>', help: 'play a session in the terminal, with its timing' },
  { name: 'events', arguments: '', help: 'list what was found in the output' },
  { name: 'blocks', arguments: '', help: 'list code blocks, or print them' },
  { name: 'export', arguments: '<id>', help: 'a session as a file: report, replay, data, recording' },
  { name: 'import', arguments: '<file…>', help: 'take exported sessions and asciicasts in' },
  { name: 'stats', arguments: '<agent>', help: 'totals of one agent' },
  { name: 'run', arguments: '<goal>', help: 'carry out a goal with an agent, or a plan of steps' },
  { name: 'runs', arguments: '[show|diff]', help: 'list runs, look into one, compare two' },
  {
    name: 'campaign',
    arguments: 'create|list|show|…',
    help: 'audits in stages: recon, garak, exploit',
  },
  {
    name: 'scan',
    arguments: 'save|load|list|…',
    help: 'the results of stages in object storage',
  },
  { name: 'serve', arguments: '', help: 'serve the database over HTTP and WebSocket' },
  { name: 'tail', arguments: '[id]', help: 'watch running sessions' },
  { name: 'pause', arguments: '<id>', help: 'stop a running session for a while' },
  { name: 'resume', arguments: '<id>', help: 'let a paused session go on' },
  { name: 'send', arguments: '<id> [text]', help: 'type into a running session' },
  { name: 'kill', arguments: '<id>', help: 'end a running session' },
  { name: 'token', arguments: '', help: 'the token for what acts on sessions' },
  { name: 'patterns', arguments: 'list|test', help: 'the patterns, and what they find in a file' },
  { name: 'config', arguments: '', help: 'each setting and where it comes from' },
  { name: 'recover', arguments: '', help: 'complete sessions whose wrapper died' },
  { name: 'help', arguments: '[command]', help: 'help for a command' },
];

/** Whether the first word of a command line is a subcommand rather than an agent. */
export function isReserved(word: string): boolean {
  return SUBCOMMANDS.some((subcommand) => subcommand.name === word);
}
