SELECT
  COUNT(*) AS total_crashes,
  (SELECT COUNT(DISTINCT user_id) FROM analytics.command_generated WHERE timestamp >= '2026-01-15') AS total_users,
  COUNT(*) * 100.0 / (SELECT COUNT(DISTINCT user_id) FROM analytics.command_generated WHERE timestamp >= '2026-01-15') AS crash_rate
FROM analytics.crashes
WHERE timestamp >= '2026-01-15'
  AND timestamp < '2026-02-15';
