WITH installs AS (
  SELECT user_id, MIN(timestamp) AS install_time
  FROM analytics.downloads
  GROUP BY user_id
),
first_command AS (
  SELECT user_id, MIN(timestamp) AS first_command_time
  FROM analytics.command_generated
  GROUP BY user_id
)
SELECT
  COUNT(*) AS total_installs,
  COUNT(fc.user_id) AS activated_users,
  COUNT(fc.user_id) * 100.0 / COUNT(*) AS activation_rate
FROM installs i
LEFT JOIN first_command fc
  ON i.user_id = fc.user_id
  AND fc.first_command_time <= i.install_time + INTERVAL 24 HOUR
WHERE i.install_time >= '2026-01-15';
