import type { Seen } from '../../emulators/chat.ts';
import type { World } from '../world/world.ts';

/** Prints what people read, as it is posted and changed: cards as text, their buttons below. */
export class Transcript {
  private readonly world: World;
  private readonly print: (text: string) => void;
  private told: number;

  constructor(world: World, print: (text: string) => void) {
    this.world = world;
    this.print = print;
    this.told = world.timeline.now();
  }

  step(text: string): void {
    this.flush();
    this.print(`\n> ${text}`);
  }

  /** Everything that was posted or changed since the last call. */
  flush(): void {
    const upTo = this.world.timeline.now();
    const news = (['slack', 'discord'] as const)
      .flatMap((chat) => this.world.chats[chat].visibleTo(null).map((message) => ({ chat, message })))
      .filter(({ message }) => message.changed > this.told && message.changed <= upTo)
      .sort((a, b) => a.message.changed - b.message.changed);
    for (const { chat, message } of news) this.print(describe(chat, message));
    this.told = upTo;
  }
}

function describe(chat: string, message: Seen): string {
  const where = message.channel === null ? 'direct' : `#${message.channel}${message.thread ? ' thread' : ''}`;
  const only = message.onlyFor === null ? '' : `, only ${message.onlyFor}`;
  const edited = message.changed > message.posted ? ', edited' : '';
  const buttons = message.buttons.length > 0 ? [`[ ${message.buttons.map((b) => b.label).join(' ] [ ')} ]`] : [];
  const lines = [...message.text.split('\n'), ...buttons].map((line) => `  | ${line}`);
  return [`  ${chat} ${where}${only}${edited}`, ...lines].join('\n');
}
