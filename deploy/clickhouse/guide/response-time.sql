SELECT
  query_complexity,
  quantileExactInclusive(0.50)(duration_ms) AS p50_ms,
  quantileExactInclusive(0.95)(duration_ms) AS p95_ms,
  quantileExactInclusive(0.99)(duration_ms) AS p99_ms
FROM analytics.command_generation_latency
WHERE timestamp >= '2026-01-15'
  AND timestamp < '2026-02-15'
GROUP BY query_complexity
ORDER BY p95_ms;
