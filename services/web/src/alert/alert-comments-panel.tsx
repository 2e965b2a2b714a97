import { type FormEvent, useRef } from 'react'
import { api } from '../api/client.ts'
import { useData } from '../api/store.ts'
import type { Answer, routes } from '../api/types.ts'
import { ErrorMessage, Panel } from '../components/panel.tsx'
import { Placeholder } from '../components/placeholder.tsx'
import { useMutation } from '../components/use-mutation.ts'
import { useMay, useProduct } from '../context.ts'
import { formatTime } from '../format.ts'

const EVERY_MS = 30_000

/** The comments on the alert, and a field to add one. */
export function AlertCommentsPanel({ fingerprint }: { readonly fingerprint: string }) {
  const { zone } = useProduct()
  const mayRespond = useMay('responder')
  const path = `/v1/alerts/comments?fingerprint=${fingerprint}`
  const { data, error } = useData<Answer<typeof routes.alert.comments>>(path, EVERY_MS)
  const { problem, mutate } = useMutation([path])
  const form = useRef<HTMLFormElement>(null)
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const text = String(new FormData(event.currentTarget).get('text'))
    const added = await mutate(api(`/v1/alerts/${fingerprint}/comments`, { method: 'POST', body: { text } }))
    if (added !== undefined) form.current?.reset()
  }
  return (
    <Panel title="Comments" width="half">
      <Placeholder data={data} error={error} path={path} lines={2} />
      {data?.comments.length === 0 && <p className="quiet">No comments yet.</p>}
      <ul className="rows">
        {data?.comments.map(({ id, at, by, text }) => (
          <li key={id}>
            <div>
              <p className="comment-text">{text}</p>
              <p className="quiet">
                {by} · {formatTime(at, zone)}
              </p>
            </div>
          </li>
        ))}
      </ul>
      {problem && <ErrorMessage error={problem} />}
      {mayRespond && (
        <form ref={form} className="comment-form" onSubmit={event => void submit(event)}>
          <label className="field">
            Add a comment
            <textarea name="text" rows={2} maxLength={4_000} required placeholder="What you found, what you did" />
          </label>
          <button type="submit" className="button">
            Comment
          </button>
        </form>
      )}
    </Panel>
  )
}
