/** A condition whose loss would cost money, data or trust, and the test that does not let it go. */
export interface Guard {
  guard: string;
  file: string;
  /** Found in the file exactly once; what stands in its place takes the guard out. */
  without: string;
  /** Nothing where it is left out. */
  to?: string;
  /** A test file, and a part of the full name of the test in it that fails then. */
  test: string;
  name: string;
}
