import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished } from 'vitest'
import { findBrowser, startBrowser } from '../support/browser.ts'
import { openPage, signIn } from './page.ts'
import { type ProductOptions, type RunningProduct, startProduct } from './product.ts'

export interface VisitOptions extends BrowserContextOptions {
  /** Complaints that do not fail the test, such as the status of an answer that it provokes. */
  readonly tolerates?: RegExp
}

/** How tests open pages. Each page has a context of its own, which is closed after the test; a complaint of the page fails the test. */
export interface Visits {
  visit(options?: VisitOptions): Promise<Page>
  /** A page that is signed in, by default as an administrator. */
  signedIn(options?: VisitOptions & { readonly token?: string }): Promise<Page>
}

/** A running product and a browser, which the tests of a suite share. */
export interface Suite extends Visits {
  readonly product: RunningProduct
  readonly browser: Browser
}

/** Visits of an installation. The browser and the address may become known only when the tests run. */
export function createVisits(started: () => { readonly browser: Browser; readonly url: string; readonly adminToken: string }): Visits {
  async function visit({ tolerates, ...options }: VisitOptions = {}): Promise<Page> {
    const { browser, url } = started()
    const { page, complaints, close } = await openPage(browser, url, options)
    onTestFinished(async () => {
      await close()
      expect(complaints.filter(text => !tolerates?.test(text))).toEqual([])
    })
    return page
  }
  async function signedIn({ token = started().adminToken, ...options }: VisitOptions & { readonly token?: string } = {}): Promise<Page> {
    const page = await visit(options)
    await signIn(page, token)
    return page
  }
  return { visit, signedIn }
}

/** The browser that tests use; its lack is printed once. */
export const chromium = findBrowser()

/** A suite over one running product; it does not run without a browser. */
export function describeProduct(
  title: string,
  options: ProductOptions | (() => Promise<ProductOptions>),
  tests: (suite: Suite) => void,
): void {
  describe.runIf(chromium)(title, () => {
    let product: RunningProduct | undefined
    let browser: Browser | undefined
    const started = () => {
      if (!product || !browser) throw new Error('the product and the browser start before the first test')
      return { product, browser, url: product.url, adminToken: product.adminToken }
    }
    beforeAll(async () => {
      const given = typeof options === 'function' ? await options() : options
      ;[product, browser] = await Promise.all([startProduct(given), startBrowser(chromium ?? '')])
    })
    tests({
      ...createVisits(started),
      get product() {
        return started().product
      },
      get browser() {
        return started().browser
      },
    })
    afterAll(async () => {
      await browser?.close()
      await product?.stop()
    })
  })
}
