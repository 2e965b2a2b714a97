-- The account for people's SQL, Grafana and Metabase on a ClickHouse of your own. Run it as a user with ACCESS MANAGEMENT:
--   clickhouse-client --multiquery --param_password=SECRET < deploy/clickhouse/analyst.sql
-- then set CLICKHOUSE_ANALYST_URL=http://analyst:SECRET@host:8123/northstar. The views of other databases need a grant each.
CREATE SETTINGS PROFILE IF NOT EXISTS analyst SETTINGS
    readonly = 1,
    allow_ddl = 0,
    allow_introspection_functions = 0,
    max_execution_time = 60 MIN 1 MAX 60 CHANGEABLE_IN_READONLY,
    max_result_rows = 1000000 MIN 1 MAX 1048576 CHANGEABLE_IN_READONLY,
    result_overflow_mode = 'throw' CHANGEABLE_IN_READONLY,
    output_format_json_quote_64bit_integers = 1 CHANGEABLE_IN_READONLY,
    session_timezone = '' CHANGEABLE_IN_READONLY,
    select_sequential_consistency = 0 CHANGEABLE_IN_READONLY,
    max_memory_usage = 1073741824,
    max_result_bytes = 268435456,
    max_rows_to_read = 2000000000,
    max_concurrent_queries_for_user = 4,
    cancel_http_readonly_queries_on_client_close = 1,
    priority = 10;
CREATE USER IF NOT EXISTS analyst IDENTIFIED WITH sha256_password BY {password:String} SETTINGS PROFILE 'analyst';
GRANT SELECT ON northstar.* TO analyst;
GRANT SELECT ON analytics.* TO analyst;
GRANT SELECT ON metrics.* TO analyst;
