SELECT
  YEARWEEK(timestamp) AS week,
  COUNT(*) AS total_commands,
  COUNT(DISTINCT user_id) AS active_users,
  COUNT(*) * 1.0 / COUNT(DISTINCT user_id) AS commands_per_user
FROM analytics.command_generated
WHERE timestamp >= '2026-01-15'
  AND timestamp < '2026-02-15'
GROUP BY week
ORDER BY week;
