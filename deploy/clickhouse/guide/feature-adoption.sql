SELECT
  feature,
  COUNT(DISTINCT user_id) AS users_using_feature,
  COUNT(DISTINCT user_id) * 100.0 / (SELECT COUNT(DISTINCT user_id) FROM analytics.command_generated WHERE timestamp >= '2026-01-15') AS adoption_rate
FROM analytics.feature_used
WHERE timestamp >= '2026-01-15'
  AND timestamp < '2026-02-15'
GROUP BY feature
ORDER BY adoption_rate DESC;
