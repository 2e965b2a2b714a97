SELECT
  YEARWEEK(timestamp) AS week,
  COUNT(DISTINCT user_id) AS active_users
FROM analytics.command_generated
WHERE timestamp >= '2026-01-15'
  AND timestamp < '2026-02-15'
GROUP BY week
ORDER BY week;
