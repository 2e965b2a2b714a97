SELECT
  category,
  COUNT(*) AS total_feedback,
  SUM(CASE WHEN success = true THEN 1 ELSE 0 END) AS successful,
  SUM(CASE WHEN success = true THEN 1 ELSE 0 END) * 100.0 / COUNT(*) AS success_rate
FROM analytics.command_feedback
WHERE timestamp >= '2026-01-15'
  AND timestamp < '2026-02-15'
GROUP BY category
ORDER BY success_rate DESC;
