SELECT
  DATE(timestamp) AS date,
  category,
  COUNT(*) AS command_count
FROM analytics.command_generated
WHERE timestamp >= '2026-01-15'
  AND timestamp < '2026-02-15'
GROUP BY date, category
ORDER BY date, category;
