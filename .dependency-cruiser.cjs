/** Imports point inward: each room may import what its line says, and nothing else. `npm run rooms` holds it. */

/** What each room may import besides itself and, where nothing forbids it, packages. */
const rooms = {
  core: [],
  ports: ['core'],
  dialects: ['core'],
  providers: ['core', 'dialects'],
  engine: ['core', 'ports'],
  jobs: ['core', 'ports', 'engine'],
  responses: ['core', 'ports', 'engine', 'jobs'],
  webhooks: ['core', 'ports'],
  encryption: ['core', 'ports'],
  upstream: ['core', 'ports'],
  stores: ['core', 'ports'],
  catalogue: ['core', 'ports'],
  tokenizer: ['core', 'ports'],
  simulator: ['core'],
  config: ['core', 'providers'],
  http: ['core', 'ports', 'engine', 'jobs', 'responses', 'webhooks', 'dialects'],
  cli: ['config', 'providers', 'simulator', 'house.ts'],
}

const tests = '\\.(test|conformance)\\.ts$'

const roomRules = Object.entries(rooms).map(([room, allowed]) => ({
  name: `room-${room}`,
  comment: `src/${room} may import ${['itself', ...allowed].join(', ')}.`,
  severity: 'error',
  from: { path: `^src/${room}/`, pathNot: tests },
  to: { path: '^src/', pathNot: [`^src/${room}/`, ...allowed.map((other) => `^src/${other}(/|$)`)] },
}))

module.exports = {
  forbidden: [
    ...roomRules,
    {
      name: 'pure-rooms',
      comment: 'core, dialects and providers do no I/O and know no clock: everything comes in as an argument.',
      severity: 'error',
      from: { path: '^src/(core|dialects|providers)/', pathNot: tests },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'one-dialect-each',
      comment: 'A dialect knows no other: they meet in the canonical form.',
      severity: 'error',
      from: { path: '^src/dialects/([^/]+)/', pathNot: tests },
      to: { path: '^src/dialects/', pathNot: '^src/dialects/$1/' },
    },
    {
      name: 'one-store-each',
      severity: 'error',
      from: { path: '^src/stores/([^/]+)/', pathNot: tests },
      to: { path: '^src/stores/', pathNot: ['^src/stores/$1/', '^src/stores/[^/]+\\.ts$'] },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: ['\\.d\\.ts$', tests, '^src/cli/main\\.ts$'] },
      to: {},
    },
    {
      name: 'only-declared-packages',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Not TypeScript's own: this tool cannot use version 7 so far.
    parser: 'swc',
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
}
