/** Reports: what other packages may use. */
export type { BuildDeps, ReportedAlert } from './build.ts'
export { listSent, type Notes, readNotes, type SentReport, writeNotes } from './documents.ts'
export { createNotesReader } from './notes-file.ts'
export { toMarkdown } from './render/markdown.ts'
export type { Report } from './report.ts'
export { createReports, type ReportSender, type ReportsDeps } from './report-sender.ts'
export { type MetricLine, type ReportDefinition, type Reports, reportsSchema, reportsSection } from './reports-file.ts'
export { createReportRoutes, type ReportRoutesDeps } from './routes.ts'
