WITH cohorts AS (
  SELECT
    user_id,
    DATE_TRUNC('week', MIN(timestamp)) AS cohort_week
  FROM analytics.command_generated
  GROUP BY user_id
),
activity AS (
  SELECT
    c.user_id,
    c.cohort_week,
    DATE_TRUNC('week', a.timestamp) AS activity_week,
    DATEDIFF('week', c.cohort_week, a.timestamp) AS week_number
  FROM cohorts c
  JOIN analytics.command_generated a ON c.user_id = a.user_id
)
SELECT
  cohort_week,
  week_number,
  COUNT(DISTINCT user_id) AS active_users,
  COUNT(DISTINCT user_id) * 100.0 / FIRST_VALUE(COUNT(DISTINCT user_id)) OVER (PARTITION BY cohort_week ORDER BY week_number) AS retention_pct
FROM activity
GROUP BY cohort_week, week_number
ORDER BY cohort_week, week_number;
