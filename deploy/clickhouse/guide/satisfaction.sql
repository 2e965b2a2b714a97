SELECT
  COUNT(*) AS total_responses,
  SUM(CASE WHEN rating >= 4 THEN 1 ELSE 0 END) AS satisfied_users,
  SUM(CASE WHEN rating >= 4 THEN 1 ELSE 0 END) * 100.0 / COUNT(*) AS satisfaction_pct,
  AVG(rating) AS avg_rating
FROM analytics.satisfaction_survey
WHERE timestamp >= '2026-01-15'
  AND timestamp < '2026-02-15';
