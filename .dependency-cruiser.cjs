// Who may import whom. `npm run imports` checks it; test/architecture proves each rule with a deliberate violation.

/** Tests, contract suites and data for tests: they may start servers and use drivers. */
const TESTS = '(\\.test\\.ts$|\\.test-data\\.ts$|/src/contract/|^test/|^packages/testkit/)'
const PURE = '^packages/(catalogue|events|http-api|metrics|alerting)/src/'
const PURE_LIBRARIES =
  'node_modules/(@bufbuild/protobuf|zod|zod-openapi|yaml|temporal-polyfill|temporal-spec|temporal-utils|xxhash-wasm|re2js|semver)/'
/** Parts of Node that compute, or yield to other work, and reach nothing outside. */
const PURE_CORE = '^(node:)?(buffer|crypto|net|path|timers/promises|url|util|assert)$'
/** Folders of adapters. */
const ADAPTERS = '(kafka|embedded|redis|server)'
/** Each driver with the folders that may import it. */
const DRIVERS = {
  kafkajs: '^packages/event-log/src/kafka/',
  lmdb: '^packages/[^/]+/src/embedded/',
  ioredis: '^packages/redis/src/',
  // Both adapters of the warehouse go through the same client.
  '@clickhouse/client': '^packages/clickhouse/src/(?!(index|port)\\.ts$)',
  chdb: '^packages/clickhouse/src/embedded/',
}
const SERVICE = '^services/([^/]+)/src/'
/** Code of the API that the page bundles. */
const PAGE_CODE = '^packages/http-api/src/(csv|headline)\\.ts$'
const WIRING = '^services/northstar/src/(stores|compose)\\.ts$'

/** @param {string} name @param {string} comment @param {object} from @param {object} to */
const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })

/** @param {string} driver its folder in node_modules @param {string} folders where it may be imported */
const driver = (driver, folders) =>
  forbid(
    `driver-${driver.replace(/\W+/g, '-').replace(/^-/, '')}`,
    `${driver} is imported in its adapter's folder and nowhere else, types included.`,
    { pathNot: [TESTS, folders] },
    { path: `node_modules/${driver}/` },
  )

module.exports = {
  forbidden: [
    forbid('resolvable', 'What cannot be found cannot be checked either.', {}, { couldNotResolve: true }),
    forbid('no-cycles', 'Modules that refer to each other are one module, types included.', {}, { circular: true }),
    forbid(
      'pure-packages',
      'Pure packages compute: they import catalogue, events, zod and small pure libraries. Metrics also takes the pure half of live-counters, alerting the metrics.',
      { path: PURE, pathNot: TESTS },
      {
        pathNot: [
          '^packages/$1/src/',
          '^packages/(catalogue|events)/src/index\\.ts$',
          PURE_LIBRARIES,
          PURE_CORE,
          // A rule of their own, below.
          '^packages/(live-counters|metrics)/src/index\\.ts$',
          '^(node:)?fs$',
        ],
      },
    ),
    forbid(
      'pure-packages-live-counters',
      'The plan of live counters is shared by metrics and live-counters; the other pure packages do not know it.',
      { path: PURE, pathNot: [TESTS, '^packages/metrics/'] },
      { path: '^packages/live-counters/' },
    ),
    forbid(
      'pure-packages-metrics',
      'Alert rules name metrics, so alerting knows them; the other pure packages do not.',
      { path: PURE, pathNot: [TESTS, '^packages/(metrics|alerting)/'] },
      { path: '^packages/metrics/' },
    ),
    forbid(
      'pure-packages-files',
      'Only catalogue reads files: the product folder.',
      { path: PURE, pathNot: [TESTS, '^packages/catalogue/'] },
      { path: '^(node:)?fs$' },
    ),
    ...Object.entries(DRIVERS).map(([name, folders]) => driver(name, folders)),
    forbid(
      'redis-connections',
      'REDIS_URL is read in one place, and only adapters connect by it.',
      { pathNot: [TESTS, '^packages/redis/', '^packages/[^/]+/src/redis/'] },
      { path: '^packages/redis/' },
    ),
    forbid(
      'ports-reach-no-driver',
      "A port's entry is a contract: nothing that it reaches may load a driver.",
      { path: '^packages/(event-log|live-counters|clickhouse|state)/src/(index|port)\\.ts$' },
      { path: `node_modules/(${Object.keys(DRIVERS).join('|')})/`, reachable: true },
    ),
    forbid(
      'services-stay-apart',
      'A service imports packages, never another service; northstar puts them together by their public entries.',
      { path: SERVICE, pathNot: ['^services/northstar/', TESTS] },
      { path: '^services/', pathNot: '^services/$1/' },
    ),
    forbid(
      'page-takes-types',
      'The page imports the types of the declared API, and no code of a package but that of two modules of the API.',
      { path: '^services/web/' },
      { path: '^packages/', pathNot: PAGE_CODE, dependencyTypesNot: ['type-only'] },
    ),
    forbid(
      'page-knows-the-api',
      'The page knows no package but the declared API.',
      { path: '^services/web/' },
      { path: '^packages/', pathNot: ['^packages/http-api/src/index\\.ts$', PAGE_CODE] },
    ),
    forbid(
      'northstar-uses-entries',
      'northstar imports the entries that services export.',
      { path: '^services/northstar/' },
      { path: '^services/([^/]+)/', pathNot: ['^services/northstar/', '^services/([^/]+)/src/\\1\\.ts$'] },
    ),
    forbid(
      'adapters-in-open',
      "An adapter is chosen in its package's open.ts, by the settings, and known nowhere else.",
      { pathNot: [WIRING, TESTS, `^packages/([^/]+)/src/(open\\.ts$|${ADAPTERS}/)`] },
      { path: `^packages/[^/]+/src/${ADAPTERS}/` },
    ),
    forbid(
      'open-in-wiring',
      'Stores are opened by the program and handed to services.',
      { pathNot: [WIRING, TESTS] },
      { path: '^packages/[^/]+/src/open\\.ts$' },
    ),
    forbid('packages-below-services', 'Packages know no service.', { path: '^packages/' }, { path: '^services/' }),
    forbid('test-is-a-leaf', 'Nobody imports test/.', { pathNot: '^test/' }, { path: '^test/' }),
    forbid(
      'contracts-for-tests',
      'Contract suites, data for tests and the testkit are for tests alone.',
      { pathNot: TESTS },
      { path: '(/src/contract/|\\.test-data\\.ts$|\\.test\\.ts$|^packages/testkit/)' },
    ),
    forbid(
      'by-name',
      'Another package is imported by its name, so that its exports say what is public.',
      { path: '^((?:packages|services)/[^/]+)/' },
      { path: '^(packages|services)/', pathNot: '^$1/', dependencyTypes: ['local'], dependencyTypesNot: ['aliased-workspace'] },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(packages|services)/[^/]+/dist/' },
    // Types cross a border like values do.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['northstar-source', 'types', 'import', 'require', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
      mainFields: ['types', 'module', 'main'],
    },
  },
}
