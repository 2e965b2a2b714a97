SELECT
  error_type,
  COUNT(*) AS error_count,
  COUNT(*) * 100.0 / (SELECT COUNT(*) FROM analytics.command_generated WHERE timestamp >= '2026-01-15') AS error_rate
FROM analytics.command_generation_error
WHERE timestamp >= '2026-01-15'
  AND timestamp < '2026-02-15'
GROUP BY error_type
ORDER BY error_count DESC;
