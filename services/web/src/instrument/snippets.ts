export interface SnippetValues {
  /** Address of Northstar. */
  readonly url: string
  readonly writeKey: string
  /** An event that the tracking plan takes. */
  readonly example: Readonly<Record<string, unknown>>
}

export const LANGUAGES = [
  ['shell', 'Shell'],
  ['typescript', 'TypeScript'],
  ['rust', 'Rust'],
  ['go', 'Go'],
  ['python', 'Python'],
] as const
export type Language = (typeof LANGUAGES)[number][0]

/** Lines that send the example event as they are. */
export const SNIPPETS: Readonly<Record<Language, (values: SnippetValues) => string>> = { shell, typescript, rust, go, python }

const jsonOf = (example: SnippetValues['example']) => JSON.stringify(example)

function shell({ url, writeKey, example }: SnippetValues): string {
  return `curl -X POST ${url}/v1/events \\
  -H 'authorization: Bearer ${writeKey}' \\
  -H 'content-type: application/json' \\
  -d '${jsonOf(example).replaceAll("'", "'\\''")}'`
}

function typescript({ url, writeKey, example }: SnippetValues): string {
  return `// npm install ./packages/sdk of Northstar. The first run shows a notice and sends nothing: run it twice.
import { createClient } from '@northstar/sdk'
import type { Events } from './events.js' // npx northstar plan types > src/events.ts

const telemetry = createClient<Events>({
  url: '${url}',
  writeKey: '${writeKey}',
  app: 'my-app',
})
telemetry.capture('${String(example.event)}', ${JSON.stringify(example.properties ?? {})})
await telemetry.close()`
}

function rust({ url, writeKey, example }: SnippetValues): string {
  return `// cargo add ureq@2
fn main() -> Result<(), Box<dyn std::error::Error>> {
    ureq::post("${url}/v1/events")
        .set("authorization", "Bearer ${writeKey}")
        .set("content-type", "application/json")
        .send_string(r#"${jsonOf(example)}"#)?;
    Ok(())
}`
}

function go({ url, writeKey, example }: SnippetValues): string {
  return `package main

import (
	"log"
	"net/http"
	"strings"
)

func main() {
	body := strings.NewReader(\`${jsonOf(example)}\`)
	request, _ := http.NewRequest("POST", "${url}/v1/events", body)
	request.Header.Set("authorization", "Bearer ${writeKey}")
	request.Header.Set("content-type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	log.Println(answer.Status)
}`
}

function python({ url, writeKey, example }: SnippetValues): string {
  return `from urllib.request import Request, urlopen

body = r'''${jsonOf(example)}'''
headers = {"authorization": "Bearer ${writeKey}", "content-type": "application/json"}
print(urlopen(Request("${url}/v1/events", body.encode(), headers)).status)`
}
