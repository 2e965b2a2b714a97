import type { Alert } from '../api/types.ts'

/** Labels that an alert's title, severity and product already show. */
const SHOWN = new Set(['alertname', 'severity', 'product'])

/** The labels that tell an alert from others of its rule. */
export const ownLabels = ({ labels }: Alert): readonly (readonly [name: string, value: string])[] =>
  Object.entries(labels).filter(([name]) => !SHOWN.has(name))
