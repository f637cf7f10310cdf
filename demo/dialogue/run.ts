import { setTimeout as pause } from 'node:timers/promises';
import type { Seen, SeenButton } from '../../emulators/chat.ts';
import { clearFault, setFault } from '../world/faults.ts';
import { moveClock } from '../world/hops.ts';
import { untilQuiet } from '../world/quiet.ts';
import type { World } from '../world/world.ts';
import { fillForm } from './form.ts';
import { StepFailed } from './step-failed.ts';
import type { PodCount, Step, Where } from './steps.ts';

const POLL_MS = 50;
const PRESS_WAIT_MS = 10_000;
const CONFIRM_WAIT_MS = 1000;
/** `clientPingTimeoutMS` of @slack/socket-mode. */
const SILENT_MS = 5000;
const RENEWED_WITHIN_MS = 10_000;
const QUIET_MS = 300;
const QUIET_LIMIT_MS = 30_000;

/** Takes the steps of one dialogue, in order. */
export class Player {
  private readonly world: World;
  private sinceActing = 0;
  private readonly callsBefore: number;

  constructor(world: World) {
    this.world = world;
    this.callsBefore = world.runpod.calls.length;
  }

  async take(step: Step): Promise<void> {
    const acts = !step.kind.startsWith('expect');
    if (acts) this.sinceActing = this.world.timeline.now();
    await this.act(step);
  }

  private async act(step: Step): Promise<void> {
    const { world } = this;
    switch (step.kind) {
      case 'command':
        return world.chats[step.chat].command(step.person, step.channel, step.typed);
      case 'press':
        return this.press(step);
      case 'fill':
        return fillForm(world.chats[step.chat], step.person, step.values);
      case 'expect-message':
        return step.no ? this.expectNone(step) : this.expectMessage(step);
      case 'expect-pods':
        return this.expectPods(step.counts);
      case 'expect-calls':
        return this.expectCalls(step);
      case 'clock':
        return moveClock(world, step.ms);
      case 'fault':
        return this.fault(step);
      case 'fault-clear':
        return clearFault(step.name, world);
      case 'kill':
        return world.kill(step.part);
      case 'start':
        return world.startPart(step.part);
      case 'restart-redis':
        return world.restartRedis();
      case 'empty-redis':
        await world.redisClient.flushall();
        return;
    }
  }

  /**
   * Slack's client takes a clock that leaps ahead for a server that has gone silent, and opens another socket: nobody types
   * into the one that goes.
   */
  private async fault({ name, value }: Extract<Step, { kind: 'fault' }>): Promise<void> {
    const { world } = this;
    const before = { clock: world.machineClock('bot'), opened: world.slack.opened };
    setFault(name, value, world);
    const leaps = world.machineClock('bot') - before.clock > SILENT_MS && world.slack.connections() > 0;
    const deadline = Date.now() + RENEWED_WITHIN_MS;
    while (leaps && world.slack.opened === before.opened && Date.now() < deadline) await pause(POLL_MS);
  }

  /** What the bot said there. */
  private seen(chat: 'slack' | 'discord', where: Where): Seen[] {
    const visible = this.world.chats[chat].visibleTo('channel' in where ? null : where.person);
    const all = visible.filter(({ author }) => author === null);
    if ('channel' in where) return all.filter((m) => m.channel === where.channel && m.onlyFor === null);
    return where.privately ? all.filter((m) => m.onlyFor === where.person) : all;
  }

  /** The open form counts as something that only its person sees. */
  private texts(chat: 'slack' | 'discord', where: Where, changedSince = -1): string[] {
    const messages = this.seen(chat, where)
      .filter((m) => m.changed > changedSince)
      .map((m) => m.text);
    const form = 'person' in where ? this.world.chats[chat].form(where.person) : null;
    if (!form || form.changed <= changedSince) return messages;
    const fields = form.fields.flatMap(({ label, choices, problem }) => [
      label,
      ...choices.map((c) => c.label),
      ...(problem === null ? [] : [problem]),
    ]);
    return [...messages, [form.title, ...fields].join('\n')];
  }

  private async expectMessage(step: Extract<Step, { kind: 'expect-message' }>): Promise<void> {
    const deadline = Date.now() + step.within;
    do {
      if (this.texts(step.chat, step.where).some((text) => step.pattern.test(text))) return;
      await pause(POLL_MS);
    } while (Date.now() < deadline);
    const there = this.texts(step.chat, step.where).slice(-5).join('\n---\n');
    throw new StepFailed(`nothing there matches ${step.pattern}; the newest is:\n${there || '(nothing)'}`);
  }

  private async expectNone(step: Extract<Step, { kind: 'expect-message' }>): Promise<void> {
    const deadline = Date.now() + step.within;
    do {
      const found = this.texts(step.chat, step.where, this.sinceActing).find((text) => step.pattern.test(text));
      if (found !== undefined) throw new StepFailed(`this matches ${step.pattern}:\n${found}`);
      await pause(POLL_MS);
    } while (Date.now() < deadline);
  }

  private async press(step: Extract<Step, { kind: 'press' }>): Promise<void> {
    const emulator = this.world.chats[step.chat];
    const deadline = Date.now() + PRESS_WAIT_MS;
    for (;;) {
      const found = pick(emulator.visibleTo(step.person), step.label, step.on);
      if (found) {
        const before = this.world.timeline.now();
        await emulator.press(step.person, found.message, found.button);
        if (found.button.dialog === null) await this.confirm(step, found.button.label, before);
        return;
      }
      if (Date.now() >= deadline) break;
      await pause(POLL_MS);
    }
    const labels = emulator.visibleTo(step.person).flatMap((m) => m.buttons.map((b) => b.label));
    throw new StepFailed(
      `${step.person} sees no button "${step.label}"; there are: ${[...new Set(labels)].join(', ')}`,
    );
  }

  /** Where a chat has no dialogs, a private message asks: its first button has the same label. */
  private async confirm(step: Extract<Step, { kind: 'press' }>, label: string, since: number): Promise<void> {
    const emulator = this.world.chats[step.chat];
    const deadline = Date.now() + CONFIRM_WAIT_MS;
    while (Date.now() < deadline) {
      const asked = emulator.visibleTo(step.person).find((m) => {
        const [first] = m.buttons;
        return (
          m.onlyFor === step.person && m.changed > since && first !== undefined && plain(first.label) === plain(label)
        );
      });
      const [first] = asked?.buttons ?? [];
      if (asked && first) return emulator.press(step.person, asked, first);
      await pause(POLL_MS);
    }
  }

  private async expectPods(counts: [PodCount, number][]): Promise<void> {
    await untilQuiet(this.world, QUIET_MS, QUIET_LIMIT_MS);
    const { account } = this.world.runpod;
    account.settle();
    const pods = [...account.pods.values()];
    const found: Record<PodCount, number> = {
      running: pods.filter((pod) => pod.status === 'RUNNING').length,
      exited: pods.filter((pod) => pod.status === 'EXITED').length,
      total: pods.length,
      terminated: account.deletedByApi,
    };
    const wrong = counts.filter(([name, count]) => found[name] !== count);
    if (wrong.length === 0) return;
    const is = Object.entries(found).map(([name, count]) => `${name}=${count}`);
    throw new StepFailed(`there are ${is.join(' ')}`);
  }

  private async expectCalls(step: Extract<Step, { kind: 'expect-calls' }>): Promise<void> {
    await untilQuiet(this.world, QUIET_MS, QUIET_LIMIT_MS);
    const pattern =
      step.path === null
        ? null
        : new RegExp(`^${step.path.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]+')}$`);
    const calls = this.world.runpod.calls.slice(this.callsBefore);
    const count = calls.filter((call) => call.method === step.method && (pattern?.test(call.path) ?? true)).length;
    const holds = { '=': count === step.count, '>=': count >= step.count, '<=': count <= step.count }[step.compare];
    if (!holds) throw new StepFailed(`there were ${count} such calls`);
  }
}

/** Labels are compared without case, emoji and spacing. */
function plain(label: string): string {
  return label
    .toLowerCase()
    .replace(/\p{Extended_Pictographic}|\uFE0F/gu, '')
    .replace(/\s+/g, '');
}

function startsAsWord(label: string, wanted: string): boolean {
  const words = label
    .toLowerCase()
    .replace(/\p{Extended_Pictographic}|\uFE0F/gu, '')
    .trim();
  const start = wanted.toLowerCase().trim();
  return words.startsWith(start) && !/^[\p{L}\p{N}]/u.test(words.slice(start.length));
}

/** An exact label on any message first, else one that begins with it as a word; then the newest posted message. */
function pick(messages: Seen[], label: string, on: string | null): { message: Seen; button: SeenButton } | null {
  const newest = [...messages].sort((a, b) => b.posted - a.posted).filter((m) => on === null || m.text.includes(on));
  const all = newest.flatMap((message) => message.buttons.map((button) => ({ message, button })));
  return (
    all.find(({ button }) => plain(button.label) === plain(label)) ??
    all.find(({ button }) => startsAsWord(button.label, label)) ??
    null
  );
}
