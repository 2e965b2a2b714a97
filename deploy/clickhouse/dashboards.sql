-- The account for Grafana and Metabase on a ClickHouse of your own: the views, which have no sensitive property. Run it after `northstar migrate`,
-- as a user with ACCESS MANAGEMENT; a plan whose views lie in other databases needs a grant for each:
--   clickhouse-client --multiquery --param_password=SECRET < deploy/clickhouse/dashboards.sql
CREATE SETTINGS PROFILE IF NOT EXISTS dashboards SETTINGS
    readonly = 1,
    allow_ddl = 0,
    max_execution_time = 60 MIN 1 MAX 60 CHANGEABLE_IN_READONLY,
    max_result_rows = 1000000 MIN 1 MAX 1048576 CHANGEABLE_IN_READONLY,
    result_overflow_mode = 'throw' CHANGEABLE_IN_READONLY,
    session_timezone = '' CHANGEABLE_IN_READONLY,
    select_sequential_consistency = 0 CHANGEABLE_IN_READONLY,
    max_memory_usage = 1073741824,
    max_result_bytes = 268435456,
    max_rows_to_read = 2000000000,
    max_concurrent_queries_for_user = 4,
    priority = 10;
CREATE USER IF NOT EXISTS dashboards IDENTIFIED WITH sha256_password BY {password:String} SETTINGS PROFILE 'dashboards';
GRANT SELECT ON metrics.* TO dashboards;
GRANT SELECT ON analytics.* TO dashboards;
GRANT SELECT ON github.* TO dashboards;
GRANT SELECT ON northstar.alert_history TO dashboards;
