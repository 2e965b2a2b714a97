SELECT
  DATE(timestamp) AS date,
  platform,
  COUNT(*) AS downloads
FROM analytics.downloads
WHERE timestamp >= '2026-01-15'
  AND timestamp < '2026-02-15'
GROUP BY date, platform
ORDER BY date, platform;
