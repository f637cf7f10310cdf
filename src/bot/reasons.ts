/** Why a chat does not know us, of several causes: it knows us again once none is left. */
export class Reasons {
  private readonly onKnown: (reason: string | null) => void;
  private readonly open = new Map<string, string>();

  constructor(onKnown: (reason: string | null) => void) {
    this.onKnown = onKnown;
  }

  /** `reason` null: nothing is wrong there any more. Nothing is said of what was not wrong. */
  told(cause: string, reason: string | null): void {
    if (reason !== null) this.open.set(cause, reason);
    else if (!this.open.delete(cause)) return;
    const [first] = this.open.values();
    this.onKnown(first ?? null);
  }
}
