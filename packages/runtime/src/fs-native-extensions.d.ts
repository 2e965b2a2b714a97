declare module 'fs-native-extensions' {
  /** Whether this open file now holds the lock of the file, which ends with the descriptor. */
  export function tryLock(file: number): boolean
}
