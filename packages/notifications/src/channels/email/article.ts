import { createRequire } from 'node:module'
import { type Article, type ArticleLine, articleText } from '../../article.ts'

/** The renderer is CommonJS and ships no types. */
const require = createRequire(import.meta.url)
const { default: mjml } = require('mjml-core') as {
  readonly default: (text: string, options: { readonly presets: readonly object[] }) => Promise<{ readonly html: string }>
}
const preset = require('mjml-preset-core') as object

const escapeHtml = (text: string) =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;').replace(/'/g, '&#39;')

/** Keeps verdicts and percentage points on the line of the preceding word. */
const unbroken = (text: string) => text.replace(/ (?=(?:pp|\p{Extended_Pictographic}\ufe0f?)(?: |$))/gu, '\u00a0')

/** Space between lines distinguishes them from wrapped ones. */
const lineOf = ({ label, text }: ArticleLine) =>
  `<p style="margin: 0 0 6px">${label === undefined ? '' : `<b>${escapeHtml(label)}</b>: `}${escapeHtml(unbroken(text))}</p>`
const cidOf = (id: string, i: number) => `chart-${i}-${id}@northstar`

/** Head of the document: colours follow the reader's light or dark scheme if the mail program supports it. */
const HEAD = `<mj-head>
  <mj-attributes><mj-all font-family="Arial, Helvetica, sans-serif" /><mj-text font-size="15px" line-height="22px" color="#1d2939" /></mj-attributes>
  <mj-raw><meta name="color-scheme" content="light dark" /><meta name="supported-color-schemes" content="light dark" /></mj-raw>
  <mj-style>@media (prefers-color-scheme: dark) { .page, .page div, .page td { background: #101828 !important; color: #f2f4f7 !important } }</mj-style>
</mj-head>`

/** Subject, plain text, HTML and inline images of an article. Images are attached and referred to by `cid`, which Gmail and Outlook display. */
export async function emailArticle(article: Article) {
  const { id, title, sections, charts } = article
  const parts = [
    `<mj-text font-size="22px" line-height="28px"><b>${escapeHtml(title)}</b></mj-text>`,
    ...sections.flatMap(section => [
      ...(section.title ? [`<mj-text font-size="17px" padding-bottom="0"><b>${escapeHtml(section.title)}</b></mj-text>`] : []),
      `<mj-text>${section.lines.map(lineOf).join('')}</mj-text>`,
    ]),
    ...charts.flatMap((chart, i) => [
      `<mj-text padding-bottom="0"><b>${escapeHtml(chart.title)}</b>, ${escapeHtml(chart.caption)}</mj-text>`,
      `<mj-image src="cid:${cidOf(id, i)}" alt="${escapeHtml(chart.description)}" width="${chart.width}px" align="left" />`,
    ]),
  ]
  const body = `<mj-body width="600px" css-class="page"><mj-section><mj-column>${parts.join('\n')}</mj-column></mj-section></mj-body>`
  const { html } = await mjml(`<mjml>${HEAD}${body}</mjml>`, { presets: [preset] })
  return {
    subject: title,
    text: articleText(article),
    html,
    attachments: charts.map(({ title: name, png }, i) => ({
      filename: `${name.replace(/[^\w-]+/g, '-')}.png`,
      content: Buffer.from(png),
      cid: cidOf(id, i),
      contentDisposition: 'inline' as const,
    })),
  }
}
