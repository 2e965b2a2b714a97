import { messageOf } from '@northstar/runtime/async'

/** Errors which mean that this member, or this generation of it, is no longer in the group. */
const MEMBERSHIP_LOST = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS', 'FENCED_INSTANCE_ID'])

/** Errors which mean that the broker has lost the producer's sequence numbers, so that they must restart. */
const PRODUCER_FORGOTTEN = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  'UNKNOWN_PRODUCER_ID',
])

/** Errors that would only occur again: settings or rights are wrong. */
const FATAL = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'SASL_AUTHENTICATION_FAILED',
  'UNSUPPORTED_SASL_MECHANISM',
  'INVALID_SESSION_TIMEOUT',
  'INCONSISTENT_GROUP_PROTOCOL',
  'INVALID_GROUP_ID',
  'GROUP_MAX_SIZE_REACHED',
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'UNSUPPORTED_VERSION',
])

/** The name of the protocol error that an error is or wraps; undefined if the broker did not answer. */
export function protocolErrorType(error: unknown): string | undefined {
  for (let current = error; current instanceof Error; current = current.cause ?? firstOf(current)) {
    if ('type' in current && typeof current.type === 'string') return current.type
  }
  return undefined
}

/** kafkajs rejects requests about topics with one error for all of them. */
function firstOf(error: Error): unknown {
  return 'errors' in error && Array.isArray(error.errors) ? error.errors[0] : undefined
}

export function isMembershipLost(error: unknown): boolean {
  return MEMBERSHIP_LOST.has(protocolErrorType(error) ?? '')
}

export function isProducerForgotten(error: unknown): boolean {
  return PRODUCER_FORGOTTEN.has(protocolErrorType(error) ?? '')
}

export function isFatal(error: unknown): boolean {
  if (FATAL.has(protocolErrorType(error) ?? '')) return true
  for (let current = error; current instanceof Error; current = current.cause) {
    if (current.name === 'KafkaJSSASLAuthenticationError') return true
  }
  return false
}

export function reasonOf(error: unknown): string {
  return protocolErrorType(error) ?? messageOf(error)
}
