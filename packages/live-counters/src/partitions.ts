/** How many partitions there are now. */
export const countOf = (partitions: number | (() => number)): number => (typeof partitions === 'number' ? partitions : partitions())
