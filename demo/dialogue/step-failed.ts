/** A step that did not hold; the text says what was there instead. */
export class StepFailed extends Error {}
