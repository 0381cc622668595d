// The floors of docs/ARCHITECTURE.md as rules: who may import whom, and where each package has its home.
'use strict';

const room = (name) => `^src/${name}/`;
const only = (name, packages, homes) => ({
  name,
  severity: 'error',
  comment: `${packages} has its home in ${homes.join(', ')}`,
  from: { path: '^(src|bin)/', pathNot: homes },
  to: { path: `^node_modules/(${packages})(/|$)`, dependencyTypesNot: ['type-only'] },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: [
          '^src/(session|cli|api|campaigns)/(recorder-thread|recovery-thread|server-thread|entry|index)\\.ts$',
          // Scripts of pages, which a browser loads.
          '^src/api/(docs-page|export/page)/page\\.js$',
        ],
      },
      to: {},
    },
    {
      name: 'model-knows-nothing',
      severity: 'error',
      from: { path: room('model') },
      to: { path: '^src/', pathNot: room('model') },
    },
    {
      name: 'stream-knows-model-only',
      severity: 'error',
      from: { path: room('stream') },
      to: { path: '^src/', pathNot: [room('stream'), room('model')] },
    },
    {
      name: 'data-knows-model-only',
      severity: 'error',
      from: { path: room('data') },
      to: { path: '^src/', pathNot: [room('data'), room('model')] },
    },
    {
      name: 'session-knows-stream-data-model',
      severity: 'error',
      from: { path: room('session') },
      to: { path: '^src/', pathNot: [room('session'), room('stream'), room('data'), room('model')] },
    },
    {
      name: 'api-knows-session-and-below',
      severity: 'error',
      from: { path: room('api') },
      to: {
        path: '^src/',
        pathNot: [
          room('api'),
          room('campaigns'),
          room('runs'),
          room('session'),
          room('stream'),
          room('data'),
          room('model'),
        ],
      },
    },
    {
      name: 'campaigns-know-session-and-below',
      severity: 'error',
      from: { path: room('campaigns') },
      to: {
        path: '^src/',
        pathNot: [room('campaigns'), room('session'), room('stream'), room('data'), room('model')],
      },
    },
    {
      name: 'runs-know-session-and-below',
      severity: 'error',
      from: { path: room('runs') },
      to: {
        path: '^src/',
        pathNot: [room('runs'), room('session'), room('stream'), room('data'), room('model')],
      },
    },
    {
      name: 'planning-and-executing-know-no-storage',
      severity: 'error',
      from: {
        path: '^src/runs/(planner|plan-order|plan-file|profiles|executor|step-state|step-runner|wrapped-runner|step-processes|step-output)\\.ts$',
      },
      to: { path: room('data') },
    },
    {
      name: 'api-starts-no-children',
      severity: 'error',
      from: { path: room('api') },
      to: { path: '^src/stream/(supervisor|child|pipe-child|pty-child|resolve-command)\\.ts$' },
    },
    {
      name: 'nobody-knows-the-command-line',
      severity: 'error',
      from: { path: '^src/', pathNot: room('cli') },
      to: { path: room('cli') },
    },
    only('buckets-live-in-data', '@aws-sdk', [room('data')]),
    only('sqlite-lives-in-data', 'better-sqlite3', [room('data')]),
    only('children-live-in-stream', 'execa|@lydell', [room('stream')]),
    only('parsers-of-code-live-in-stream', 're2js|@babel', [room('stream')]),
    only('terminals-live-in-stream', '@xterm', [room('stream')]),
    only('web-lives-in-api', 'hono|@hono|ws', [room('api'), '^src/session/publisher']),
    only('furniture-lives-in-cli', 'commander|chalk|cli-table3', [room('cli')]),
    {
      name: 'only-declared-packages',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        pathNot: '^./[a-z]+.cjs$',
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'unknown', 'undetermined'],
        dependencyTypesNot: ['type-only'],
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.cjs', '.mjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
