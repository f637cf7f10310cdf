import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { playDialogue } from './playing.ts';

/**
 * One list, played on each platform by its own real client: `CHAT` is the platform. What a person types is the same on
 * both, so every line here must mean the same there.
 */
const SCENARIOS: Record<string, string> = {
  'launch, look, stop and start': `
CHAT alice #gpu> /pod launch a6000 name=run7
expect CHAT #gpu /run7: Running on RTX A6000/ within 30s
expect CHAT #gpu /alice your pod is up.*\\$0\\.49\\/h/
CHAT alice #gpu> /pod launch l40s spot name=cheap
expect CHAT #gpu /cheap: Running.*spot/ within 30s
CHAT bob #gpu> /pod list
expect CHAT bob privately /run7.*Running.*cheap|cheap.*Running.*run7/
CHAT alice #gpu> /pod list mine
expect CHAT alice privately /your pods.*old.*Stopped/
expect no CHAT alice privately /vision/ for 200ms
CHAT alice #gpu> /pod show run7
expect CHAT alice privately /alice-run7-.*Running.*Id.*Storage/
CHAT alice press "Connect" on "alice-run7"
expect CHAT alice privately /ssh root@203/
CHAT alice #gpu> /pod stop run7,cheap
expect CHAT alice privately /stop 2 pods.*ends: \\$0\\.49\\/h.*kept: 20 GB.*double/
CHAT alice press "Stop" on "Stop 2 pods"
expect CHAT #gpu /run7: Stopped/ within 20s
expect CHAT #gpu /cheap: Stopped/ within 20s
expect pods running=1 exited=3 total=4 terminated=0
CHAT alice #gpu> /pod start run7
expect CHAT #gpu /run7: Running/ within 30s
CHAT bob press "Stop" on "run7: Running"
expect CHAT #gpu /run7: Stopped/ within 20s
expect calls "POST /v2/pods" = 1
expect calls "POST /graphql:podRentInterruptable" = 1`,

  'a region in Community Cloud': `
CHAT alice #gpu> /pod launch 4090 cloud=community region=EU name=run8
expect CHAT #gpu /run8: not launched.*region is the likely cause/ within 20s
CHAT alice press "Anywhere" on "run8"
expect CHAT #gpu /run8: Running on RTX 4090.*Community Cloud/ within 30s`,

  'what there is, and who asks': `
CHAT alice #gpu> /pod help
expect CHAT alice privately /\\/pod launch.*\\/pod stop/
CHAT alice #gpu> /pod help stop
expect CHAT alice privately /names or ids, with commas/
CHAT alice #gpu> /pod gpus h100
expect CHAT alice privately /H100 SXM.*80 GB/
CHAT mallory #gpu> /pod whoami
expect CHAT mallory privately /launch: no/
CHAT alice #random> /pod list
expect CHAT alice privately /vision/
CHAT alice #random> /pod stop vision
expect CHAT alice privately /not one of Podwarden.s rooms/
CHAT mallory #gpu> /pod stop vision
expect CHAT mallory privately /not allowed/
CHAT mallory #gpu> /pod launch a6000
expect CHAT mallory privately /not allowed/
CHAT alice #gpu> /pod launch quantum9000
expect CHAT alice privately /no GPU called quantum9000/
CHAT alice #gpu> /pod launch a6000 disk=0
expect CHAT alice privately /from 1 to 2000, not 0/
CHAT alice #gpu> /pod launch a6000 image=rpa_AAAABBBBCCCCDDDDEEEEFFFF0000
expect CHAT alice privately /looked like a RunPod key.*rotate/
CHAT alice #gpu> /pod stop vison
expect CHAT alice privately /did you mean vision/
CHAT alice #gpu> /pod launch h100
expect CHAT alice privately /which h100/
CHAT alice press "H100 PCIe" on "Which h100"
expect CHAT #gpu /Running on H100 PCIe/ within 30s
expect pods running=2 exited=1 total=3`,

  'what RunPod refuses': `
fault capacity=none
CHAT alice #gpu> /pod launch a6000 name=run7
expect CHAT #gpu /run7: not launched.*no capacity/ within 20s
fault clear
CHAT alice press "Try again" on "not launched"
expect CHAT #gpu /run7: Running/ within 30s
fault funds=402
CHAT alice #gpu> /pod launch a6000 name=poor
expect CHAT #gpu /poor: not launched.*balance is too low/ within 20s
fault clear
fault spot=gone
CHAT alice #gpu> /pod launch a6000 spot name=lost
expect CHAT #gpu /lost: not launched.*no longer offers spot/ within 20s
fault clear
CHAT alice press "On-demand" on "lost"
expect CHAT #gpu /lost: Running/ within 30s
fault start=no-gpu
CHAT alice #gpu> /pod start old
expect CHAT #gpu /old: Stopped.*not enough free GPUs/ within 20s
fault start=zero-gpu
CHAT alice press "Start" on "old: Stopped"
expect CHAT #gpu /old: Running without a GPU/ within 30s
fault clear
expect pods running=4 exited=0 total=4`,

  'one request, one pod, whatever breaks': `
fault CHAT=redeliver
CHAT alice #gpu> /pod launch a6000 name=twice
expect CHAT #gpu /twice: Running/ within 30s
fault clear
fault create=500-after
CHAT alice #gpu> /pod launch a6000 name=lied
expect CHAT #gpu /lied: Running/ within 60s
fault create_delay=4500
CHAT alice #gpu> /pod launch a6000 name=slow
kill worker
start worker
expect CHAT #gpu /slow: Running/ within 60s
fault clear
CHAT alice #gpu> /pod launch a6000 name=store
restart redis
expect CHAT #gpu /store: Running/ within 60s
fault CHAT=down
CHAT alice #gpu> /pod launch a6000 name=quiet
expect pods running=6 exited=1 total=7
fault clear
expect CHAT #gpu /quiet: Running/ within 30s
fault CHAT=429:2
CHAT alice #gpu> /pod launch a6000 name=slowly
fault clear
expect CHAT #gpu /slowly: Running/ within 40s
fault CHAT=disconnect
CHAT alice #gpu> /pod stop slowly
CHAT alice press "Stop" on "Stop slowly"
expect CHAT #gpu /slowly: Stopped/ within 30s
expect pods running=6 exited=2 total=8`,
};

const WARNINGS = readFileSync(new URL('../../examples/warnings.txt', import.meta.url), 'utf8');
SCENARIOS['what is warned of, and what a press does'] = WARNINGS.replaceAll('slack ', 'CHAT ');

describe.concurrent.each(['slack', 'discord'])('on %s', (chat) => {
  it.each(Object.entries(SCENARIOS))('%s', { timeout: 240_000 }, async (_, text) => {
    await playDialogue(text.replaceAll('CHAT', chat), (world) => {
      expect(world.chats[chat as 'slack' | 'discord'].violations).toEqual([]);
    });
  });
});
