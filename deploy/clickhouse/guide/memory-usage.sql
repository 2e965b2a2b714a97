SELECT
  quantileExactInclusive(0.50)(memory_kb) AS p50_kb,
  quantileExactInclusive(0.95)(memory_kb) AS p95_kb,
  quantileExactInclusive(0.99)(memory_kb) AS p99_kb
FROM analytics.memory_usage
WHERE timestamp >= '2026-01-15'
  AND timestamp < '2026-02-15';
