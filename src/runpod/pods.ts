import { z } from 'zod';
import type { Call, Caller } from './call.ts';
import { RunpodRejected, RunpodUnexpected } from './errors.ts';
import { readPages } from './pages.ts';
import { type Rows, readRow, type Unread } from './rows.ts';
import { type NetworkVolume, type Pod, podRow, volumeRow } from './schemas.ts';

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
/** Of a pod that was just made, nothing else is needed: whatever else it says, it exists and bills. */
const made = z.object({ id: z.string().min(1) });
/** Of a pod that is read back anyway, that RunPod itself answered is enough. */
const anyObject = z.record(z.string(), z.unknown());

type Signal = { signal?: AbortSignal | undefined };

export class PodsApi {
  private readonly caller: Caller;
  private readonly createTimeoutMs: number;

  constructor(caller: Caller, createTimeoutMs = CREATE_TIMEOUT_MS) {
    this.caller = caller;
    this.createTimeoutMs = createTimeoutMs;
  }

  /** Every pod of the account, newest first, members of clusters too. */
  async list(options: Signal & { urgent?: boolean } = {}): Promise<Rows<Pod>> {
    const call = { path: '/v2/pods', query: { includeClusterPods: 'true' }, name: 'GET /v2/pods', ...options };
    return readPages(this.caller, call, 'pods', podRow);
  }

  async listNetworkVolumes(options: Signal = {}): Promise<Rows<NetworkVolume>> {
    const path = '/v2/network-volumes';
    return readPages(this.caller, { path, name: `GET ${path}`, ...options }, 'networkVolumes', volumeRow);
  }

  /** Null where RunPod answers 404: not yet "gone", since one absent read can be a lag. */
  async get(id: string, options: Signal & { urgent?: boolean } = {}): Promise<{ pod: Pod; unread: Unread[] } | null> {
    const call = this.call('GET', `/v2/pods/${encodeURIComponent(id)}`, 'GET /v2/pods/{id}', options);
    try {
      const reply = await this.caller.json({ ...call, repeat: 'safe' }, anyObject);
      // Who was asked for is known, whatever the answer calls it.
      const { row, unread } = readRow({ ...reply, id }, podRow);
      if (row) return { pod: row, unread };
      const where = unread.map(({ field }) => field).join(', ');
      throw new RunpodUnexpected(`the reply has an unknown shape at ${where}`, { call: call.name });
    } catch (error) {
      if (error instanceof RunpodRejected && error.status === 404) return null;
      throw error;
    }
  }

  /**
   * Sent once. A RunpodUnavailable that was sent, or a RunpodUnexpected, means that a pod may exist: look for the name.
   */
  async create(body: CreatePod, options: Signal = {}): Promise<{ id: string }> {
    const call = this.call('POST', '/v2/pods', 'POST /v2/pods', options);
    return this.caller.json({ ...call, body, repeat: 'once', timeoutMs: this.createTimeoutMs }, made);
  }

  /** Accepted, not proven: read the pod back. Stopping a stopped pod answers 409. */
  async act(id: string, action: PodAction, options: Signal = {}): Promise<void> {
    const path = `/v2/pods/${encodeURIComponent(id)}/action`;
    const call = this.call('POST', path, 'POST /v2/pods/{id}/action', options);
    const stop = action === 'stop';
    await this.caller.json({ ...call, body: { action }, repeat: stop ? 'safe' : 'once', urgent: stop }, anyObject);
  }

  /** The lock keeps a pod from being stopped or reset. Only sent fields change. */
  async setLocked(id: string, locked: boolean, options: Signal = {}): Promise<void> {
    const call = this.call('PATCH', `/v2/pods/${encodeURIComponent(id)}`, 'PATCH /v2/pods/{id}', options);
    await this.caller.json({ ...call, body: { locked }, repeat: 'safe', urgent: true }, anyObject);
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
}
