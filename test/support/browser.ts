import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const CANDIDATES = [process.env.CHROME_PATH, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run']
const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-sync']

/** Where a browser is on this machine; the reason is printed where there is none. */
export function findBrowser(): string | undefined {
  const found = CANDIDATES.find(path => path !== undefined && existsSync(path))
  if (!found) process.stderr.write('\nNOT RUN, for lack of Chromium (set CHROME_PATH): test/browser\n')
  return found
}

export const startBrowser = (path: string): Promise<Browser> => chromium.launch({ executablePath: path, args: [...FLAGS, ...QUIET] })
