import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { OpenAPIBackend } from 'openapi-backend';
import { createGenerator } from 'ts-json-schema-generator';
import type { RecordedRequest } from '../../emulators/discord/server.ts';

const file = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

/** What the bot asks of Discord with a body. */
const ASKED = [
  ['POST', '/interactions/1/token/callback'],
  ['PATCH', '/webhooks/1/token/messages/@original'],
  ['POST', '/channels/1/messages'],
  ['PATCH', '/channels/1/messages/1'],
  ['POST', '/channels/1/messages/1/threads'],
  ['PATCH', '/channels/1'],
  ['PUT', '/applications/1/guilds/1/commands'],
  ['POST', '/users/@me/channels'],
] as const;

/**
 * Discord's own document over what the bot sent: violations in words. Made once and before anything runs: compiling it takes
 * seconds in which nothing else does, a dialogue's acknowledgements least of all.
 */
export async function discordValidator(): Promise<(requests: RecordedRequest[]) => string[]> {
  const definition = JSON.parse(readFileSync(file('emulators/discord/data/openapi.json'), 'utf8'));
  const api = new OpenAPIBackend({ definition, quick: true, validate: true, ajvOpts: { logger: false } });
  await api.init();
  const judge = ({ method, path, body }: RecordedRequest) => {
    const request = {
      method,
      path: path.replace('/api/v10', '').replace('%40', '@'),
      body,
      headers: { 'content-type': 'application/json' },
      query: {},
    };
    const operation = api.matchOperation(request);
    if (!operation?.operationId) return [`${method} ${path} is not in Discord's document`];
    const { errors } = api.validateRequest(request, operation.operationId);
    return (errors ?? []).map((error) => `${method} ${path}: ${error.instancePath} ${error.message}`);
  };
  for (const [method, path] of ASKED) judge({ method, path: `/api/v10${path}`, body: {} });
  return (requests) => requests.flatMap(judge);
}

/** Slack's own types over blocks: unknown types and keys are refused. Made once, since it reads the types' sources. */
export function slackValidator(): (blocks: unknown[]) => string[] {
  const schema = createGenerator({
    path: file('node_modules/@slack/types/dist/index.d.ts'),
    type: 'KnownBlock',
    skipTypeCheck: true,
    additionalProperties: false,
  }).createSchema('KnownBlock');
  const validate = new Ajv({ strict: false, allErrors: false }).compile(schema as Record<string, unknown>);
  return (blocks) =>
    blocks.flatMap((block) => {
      if (validate(block)) return [];
      return [
        `${JSON.stringify(block).slice(0, 200)}: ${validate.errors?.[0]?.instancePath} ${validate.errors?.[0]?.message}`,
      ];
    });
}
