import type { z } from 'zod';
import type { Call, Caller } from './call.ts';
import { RunpodRejected, RunpodUnexpected } from './errors.ts';
import { type NetworkVolume, type Pod, pod, podPage, volumePage } from './schemas.ts';

/** The create body of v2, as far as we use it. It is strict: an unknown property is 422. */
export interface CreatePod {
  name: string;
  image?: string;
  templateId?: string;
  /** `count` always: leaving it out matched no machine and answered "no capacity" (seen live 2026-08-04). */
  gpu: { id: string; count: number };
  cloud: 'SECURE' | 'COMMUNITY';
  /** Documented as preferred, enforced in fact. */
  dataCenterIds?: string[];
  /** GB, always: without it and without a template a create is refused (seen live 2026-10-01). */
  disk: number;
  mounts?: { persistent: { size: number; path: string } } | { network: { volumeId: string; path: string }[] };
  ports?: string[];
  startSsh?: boolean;
}

export type PodAction = 'start' | 'stop' | 'restart';

/** A create on a busy system takes longer than a read (dstack waits 120 s). */
const CREATE_TIMEOUT_MS = 120_000;
/** Pages of 1000 rows: far above any account, so that a broken cursor ends. */
const MAX_PAGES = 100;

type Signal = { signal?: AbortSignal | undefined };

export class PodsApi {
  private readonly caller: Caller;
  private readonly createTimeoutMs: number;

  constructor(caller: Caller, createTimeoutMs = CREATE_TIMEOUT_MS) {
    this.caller = caller;
    this.createTimeoutMs = createTimeoutMs;
  }

  /** Every pod of the account, newest first. */
  async list(options: Signal & { urgent?: boolean } = {}): Promise<Pod[]> {
    return this.pages('/v2/pods', 'GET /v2/pods', podPage, (page) => page.pods, options);
  }

  async listNetworkVolumes(options: Signal = {}): Promise<NetworkVolume[]> {
    const name = 'GET /v2/network-volumes';
    return this.pages('/v2/network-volumes', name, volumePage, (page) => page.networkVolumes, options);
  }

  /** Null where RunPod answers 404: not yet "gone", since one absent read can be a lag. */
  async get(id: string, options: Signal & { urgent?: boolean } = {}): Promise<Pod | null> {
    const call = this.call('GET', `/v2/pods/${encodeURIComponent(id)}`, 'GET /v2/pods/{id}', options);
    try {
      return await this.caller.json({ ...call, repeat: 'safe' }, pod);
    } catch (error) {
      if (error instanceof RunpodRejected && error.status === 404) return null;
      throw error;
    }
  }

  /**
   * Sent once. A RunpodUnavailable that was sent, or a RunpodUnexpected, means that a pod may exist: look for the name.
   */
  async create(body: CreatePod, options: Signal = {}): Promise<Pod> {
    const call = this.call('POST', '/v2/pods', 'POST /v2/pods', options);
    return this.caller.json({ ...call, body, repeat: 'once', timeoutMs: this.createTimeoutMs }, pod);
  }

  /** Accepted, not proven: read the pod back. Stopping a stopped pod answers 409. */
  async act(id: string, action: PodAction, options: Signal = {}): Promise<Pod> {
    const path = `/v2/pods/${encodeURIComponent(id)}/action`;
    const call = this.call('POST', path, 'POST /v2/pods/{id}/action', options);
    const stop = action === 'stop';
    return this.caller.json({ ...call, body: { action }, repeat: stop ? 'safe' : 'once', urgent: stop }, pod);
  }

  /** The lock keeps a pod from being stopped or reset. Only sent fields change. */
  async setLocked(id: string, locked: boolean, options: Signal = {}): Promise<Pod> {
    const call = this.call('PATCH', `/v2/pods/${encodeURIComponent(id)}`, 'PATCH /v2/pods/{id}', options);
    return this.caller.json({ ...call, body: { locked }, repeat: 'safe', urgent: true }, pod);
  }

  /**
   * 204 without a body; a second delete answers 404. Sent once: it deletes for good, so whoever asks looks at the pod anew
   * before asking again.
   */
  async delete(id: string, options: Signal = {}): Promise<'accepted' | 'absent'> {
    const call = this.call('DELETE', `/v2/pods/${encodeURIComponent(id)}`, 'DELETE /v2/pods/{id}', options);
    try {
      await this.caller.send({ ...call, repeat: 'once', urgent: true });
      return 'accepted';
    } catch (error) {
      if (error instanceof RunpodRejected && error.status === 404) return 'absent';
      throw error;
    }
  }

  private call(
    method: Call['method'],
    path: string,
    name: string,
    options: Signal & { urgent?: boolean },
  ): Omit<Call, 'repeat'> {
    return { method, url: `${this.caller.settings.baseUrl}${path}`, name, ...options };
  }

  /** A page may hold fewer rows than asked for: only `hasNextPage` ends the loop. A cursor seen twice is an error. */
  private async pages<S extends z.ZodType<{ pagination?: Page | null | undefined }>, R>(
    path: string,
    name: string,
    schema: S,
    rows: (page: z.infer<S>) => R[],
    options: Signal & { urgent?: boolean },
  ): Promise<R[]> {
    const all: R[] = [];
    const seen = new Set<string>();
    let cursor: string | null = null;
    for (let page = 0; page < MAX_PAGES; page++) {
      const query: string = cursor === null ? '' : `?cursor=${encodeURIComponent(cursor)}`;
      const call = this.call('GET', `${path}${query}`, name, options);
      const reply: z.infer<S> = await this.caller.json({ ...call, repeat: 'safe' }, schema);
      all.push(...rows(reply));
      if (!reply.pagination?.hasNextPage) return all;
      cursor = reply.pagination.nextCursor ?? null;
      if (cursor === null || seen.has(cursor)) break;
      seen.add(cursor);
    }
    throw new RunpodUnexpected('the list does not end', { call: name });
  }
}

type Page = { hasNextPage: boolean; nextCursor?: string | null | undefined };
