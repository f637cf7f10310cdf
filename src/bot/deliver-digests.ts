import type { Digest } from '../policy/costs/digest.ts';
import type { Place } from '../policy/identity.ts';
import { drawCostChart } from './chart/cost-chart.ts';
import { type Copies, Overtaken } from './copies.ts';
import { ChatUnavailable, type Front, PlaceClosed } from './front.ts';
import type { Services } from './services.ts';
import { digestCard } from './views/costs/digest.ts';

/** Posted later than this after its hour it says so, ms. */
const LATE_MS = 30 * 60_000;
/** A channel that is closed to us may be mended: it is tried again so often, for so long. */
const CLOSED_AGAIN_MS = 10_000;
const CLOSED_PATIENCE_MS = 86_400_000;

/** Keeps each digest in every chat of its room that may see money. */
export class DeliverDigests {
  private readonly fronts: ReadonlyMap<string, Front>;
  private readonly services: Services;
  private readonly copies: Copies;

  constructor(fronts: ReadonlyMap<string, Front>, services: Services, copies: Copies) {
    this.fronts = fronts;
    this.services = services;
    this.copies = copies;
  }

  /** @throws the last failure of a chat, after all others were told: it is tried again. */
  async digest(id: string): Promise<void> {
    const { digests, clocks, log } = this.services;
    const digest = await digests.get(id);
    if (!digest) return;
    const png = this.draw(digest);
    const failures: unknown[] = [];
    for (const place of this.placesOf(digest)) {
      const front = this.fronts.get(place.chat);
      if (!front) continue;
      try {
        await this.tell(front, place, digest, png);
      } catch (error) {
        if (!(error instanceof PlaceClosed)) failures.push(error);
        else if (clocks.now() - digest.createdAt < CLOSED_PATIENCE_MS) {
          failures.push(new ChatUnavailable(error.message, CLOSED_AGAIN_MS));
        } else log.warn({ digest: id, error: error.message }, 'a digest could not be posted');
      }
    }
    const failure = failures.find((error) => !(error instanceof Overtaken));
    if (failure) throw failure;
    if (failures.length > 0) return this.digest(id);
    await digests.told(id, digest.rev);
  }

  private placesOf({ room }: Digest): Place[] {
    const found = this.services.policy.rooms.find(({ name }) => name === room);
    return (found?.channels ?? []).filter(({ mirror, money }) => mirror && money);
  }

  /** A digest is worth more than its picture. */
  private draw({ id, facts }: Digest): string | null {
    try {
      return drawCostChart({ days: facts.chart, budget: facts.dayBudget }).toString('base64');
    } catch (error) {
      this.services.log.error({ digest: id, error: (error as Error).message }, 'a chart could not be drawn');
      return null;
    }
  }

  private async tell(front: Front, { chat, channel }: Place, digest: Digest, png: string | null): Promise<void> {
    const id = `digest-${digest.id}`;
    const at = `${chat} ${channel}`;
    const now = this.services.clocks.now();
    // What was late when it was first posted stays so through all edits.
    const posted = (await this.copies.ref(id, `${at} card`)) !== null;
    if (!posted && now - digest.dueAt > LATE_MS) await this.copies.once(id, `${at} late`);
    const late = (await this.copies.ref(id, `${at} late`)) !== null;
    const message = digestCard(digest, { png, late });
    const to = { chat, channel };
    await this.copies.upsert(front, {
      id,
      at: `${at} card`,
      revision: digest.rev,
      to,
      message,
      options: { ping: [] },
    });
  }
}
