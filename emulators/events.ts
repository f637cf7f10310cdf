/** Something that a person did, and all that came back for it, as the platform remembers it. */
export interface ChatEvent {
  /** Counts up in its chat. */
  number: number;
  kind: 'command' | 'click' | 'form';
  person: string;
  /** The channel's name, or a thread's or direct message's. */
  channel: string;
  /** What was typed, the button's label, or the form's title. */
  what: string;
  /** What identifies the button or form to the bot; empty for what was typed. */
  token: string;
  /** The text of the message that the button stands on; what stood in the form's fields. */
  about: string;
  /** Real ms. */
  sentAt: number;
  /** Null where the bot did not acknowledge it in time. */
  acknowledgedAt: number | null;
  answers: EventAnswer[];
}

export interface EventAnswer {
  kind: 'message' | 'form' | 'problems';
  /** As its person reads it. */
  text: string;
  /** Real ms. */
  at: number;
}

/** What stands in the fields of a form, one a line. */
export const filledIn = (form: { fields: readonly { id: string; value: readonly string[] }[] }): string =>
  form.fields.map(({ id, value }) => `${id}=${value.join(',')}`).join('\n');

/** The events of one chat in their order; `id` is the platform's own address of the answer. */
export class EventBook {
  readonly events: ChatEvent[] = [];
  private readonly byAddress = new Map<string, ChatEvent>();

  begin(
    of: Pick<ChatEvent, 'kind' | 'person' | 'channel' | 'what' | 'token' | 'about'>,
    addresses: string[],
  ): ChatEvent {
    const number = this.events.length + 1;
    const event: ChatEvent = { ...of, number, sentAt: Date.now(), acknowledgedAt: null, answers: [] };
    this.events.push(event);
    for (const address of addresses) this.byAddress.set(address, event);
    return event;
  }

  at(address: string): ChatEvent | undefined {
    return this.byAddress.get(address);
  }

  /** Another address of the event that has this one. */
  alias(address: string, of: string): void {
    const event = this.byAddress.get(of);
    if (event) this.byAddress.set(address, event);
  }

  /** A form may bring no address: what its opening was answered at then answers the form. */
  takeOver(address: string, to: ChatEvent): void {
    const from = this.byAddress.get(address);
    for (const [known, event] of this.byAddress) if (event === from) this.byAddress.set(known, to);
  }

  answered(address: string, kind: EventAnswer['kind'], text: string): void {
    this.byAddress.get(address)?.answers.push({ kind, text, at: Date.now() });
  }
}
