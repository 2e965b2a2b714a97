import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('..', import.meta.url))

export default defineConfig({
  root,
  // Packages are read from their sources, so that a test never meets an old build.
  resolve: { conditions: ['northstar-source'] },
  ssr: { resolve: { conditions: ['northstar-source'] } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'services/*/src/**/*.test.ts',
      'test/{architecture,deploy,e2e,resilience,browser}/**/*.test.ts',
    ],
    globalSetup: 'test/global-setup.ts',
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
