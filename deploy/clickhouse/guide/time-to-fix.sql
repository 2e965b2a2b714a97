-- Assumes GitHub issue events are logged
WITH bug_timeline AS (
  SELECT
    issue_number,
    MIN(CASE WHEN event_type = 'opened' THEN timestamp END) AS opened_at,
    MIN(CASE WHEN event_type = 'closed' THEN timestamp END) AS closed_at
  FROM github.issue_events
  WHERE label = 'bug'
  GROUP BY issue_number
)
SELECT
  AVG(age('hour', opened_at, closed_at)) AS avg_hours_to_fix,
  quantileExactInclusive(0.5)(age('hour', opened_at, closed_at)) AS median_hours_to_fix
FROM bug_timeline
WHERE opened_at >= '2026-01-15'
  AND closed_at IS NOT NULL;
