import { ClickHouseError } from '@clickhouse/client'
import { QueryFailed, RowsRefused, TableMissing, WarehouseUnavailable } from './port.ts'

/**
 * Error codes of rows that can never be stored. All other failures of an insert are retried, since a retry loses nothing.
 * Source: src/Common/ErrorCodes.cpp of ClickHouse.
 */
const REFUSED = new Set([
  6, // CANNOT_PARSE_TEXT
  25, // CANNOT_PARSE_ESCAPE_SEQUENCE
  26, // CANNOT_PARSE_QUOTED_STRING
  27, // CANNOT_PARSE_INPUT_ASSERTION_FAILED
  32, // ATTEMPT_TO_READ_AFTER_EOF
  33, // CANNOT_READ_ALL_DATA
  38, // CANNOT_PARSE_DATE
  41, // CANNOT_PARSE_DATETIME
  53, // TYPE_MISMATCH
  69, // ARGUMENT_OUT_OF_BOUND
  70, // CANNOT_CONVERT_TYPE
  72, // CANNOT_PARSE_NUMBER
  117, // INCORRECT_DATA
  130, // CANNOT_READ_ARRAY_FROM_TEXT
  131, // TOO_LARGE_STRING_SIZE
  321, // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
  349, // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
  407, // DECIMAL_OVERFLOW
  467, // CANNOT_PARSE_BOOL
  469, // VIOLATED_CONSTRAINT
])

/** Error codes of the engine's state, not of the statement. */
const UNAVAILABLE = new Set([
  76, // CANNOT_OPEN_FILE
  202, // TOO_MANY_SIMULTANEOUS_QUERIES
  203, // NO_FREE_CONNECTION
  209, // SOCKET_TIMEOUT
  210, // NETWORK_ERROR
  236, // ABORTED
  243, // NOT_ENOUGH_SPACE
  252, // TOO_MANY_PARTS
  279, // ALL_CONNECTION_TRIES_FAILED
  394, // QUERY_WAS_CANCELLED: by the engine's shutting down
  439, // CANNOT_SCHEDULE_TASK
  516, // AUTHENTICATION_FAILED
  745, // SERVER_OVERLOADED
])

/** The engine's error code; undefined if the engine was not reached. */
function codeOf(error: unknown): number | undefined {
  return error instanceof ClickHouseError ? Number(error.code) : undefined
}

const MISSING = new Set([
  60, // UNKNOWN_TABLE
  81, // UNKNOWN_DATABASE
])

export function insertFailure(error: unknown): RowsRefused | WarehouseUnavailable {
  const code = codeOf(error)
  if (code !== undefined && MISSING.has(code)) return new TableMissing(textOf(error), { cause: error })
  return code !== undefined && REFUSED.has(code)
    ? new RowsRefused(textOf(error), { cause: error })
    : new WarehouseUnavailable(textOf(error), { cause: error })
}

export function queryFailure(error: unknown): QueryFailed | WarehouseUnavailable {
  const code = codeOf(error)
  return code === undefined || UNAVAILABLE.has(code)
    ? new WarehouseUnavailable(textOf(error), { cause: error })
    : new QueryFailed(textOf(error), { cause: error })
}

/** The first line of the message. The others may quote rows. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const name = error instanceof ClickHouseError ? `${error.type ?? error.code}: ` : ''
  return `${name}${error.message.split('\n', 1)[0]?.slice(0, 300)}`
}
