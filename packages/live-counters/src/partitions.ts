/** The current number of partitions. */
export const countOf = (partitions: number | (() => number)): number => (typeof partitions === 'number' ? partitions : partitions())
