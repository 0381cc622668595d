// `wrapper token`: prints the bearer token of the database, which whatever acts on a session needs.

import { ensureServerToken, rotateServerToken, tokenPath } from '../../data/server-token.ts';
import type { CommandDefinition } from '../command.ts';
import { documentOf } from '../documents.ts';
import { EXIT_OK } from '../exit-status.ts';

export const tokenCommand: CommandDefinition = {
  name: 'token',
  help: 'Print the bearer token of the database: what acts on sessions needs it, reading on this machine does not.',
  formats: ['text', 'json'],
  runOptions: ['db', 'config'],
  examples: [
    ['curl -H "Authorization: Bearer $(wrapper token)" …', 'act over HTTP'],
    ['wrapper token --rotate', 'make a new one; the old one is refused from now on'],
  ],
  define(command) {
    command.option('--rotate', 'replace the token, also in a server that runs');
  },
  async run(call) {
    const { db } = call.configuration.settings;
    const token = call.options['rotate'] === true ? rotateServerToken(db) : ensureServerToken(db);
    const { output } = call;
    await output.write(call.format === 'json' ? documentOf({ token, path: tokenPath(db) }) : `${token}\n`);
    return EXIT_OK;
  },
};
