import { readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { HttpAnswer } from '../http.ts';
import { type Operation, operationsOf } from './operations.ts';

interface Overlay {
  entries: { path: string; value: unknown }[];
}

type Json = Record<string, unknown>;

const read = (name: string): Json =>
  JSON.parse(readFileSync(new URL(`./data/${name}`, import.meta.url), 'utf8')) as Json;

/** RunPod's document with the dated overlay laid over it. */
export function runpodDocument(): Json {
  const document = read('openapi-v2.json');
  for (const { path, value } of (read('openapi-v2.overlay.json') as unknown as Overlay).entries) {
    const keys = path.slice(1).split('/');
    const last = keys.pop() ?? '';
    const parent = keys.reduce<Json>((node, key) => node[key] as Json, document);
    parent[last] = value;
  }
  return document;
}

/** Validators for single schemas of the document, compiled when first asked for. */
export class RunpodSchemas {
  private readonly ajv: Ajv2020;
  private readonly compiled = new Map<string, ValidateFunction>();
  readonly operations: readonly Operation[];

  constructor() {
    this.ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });
    (formats as unknown as (ajv: Ajv2020) => void)(this.ajv);
    this.ajv.addFormat('float', true);
    this.ajv.addFormat('double', true);
    const document = runpodDocument();
    this.operations = operationsOf(document);
    this.ajv.addSchema(document, 'runpod');
  }

  /** Violations in RunPod's own style (`$: missing property 'image'`); empty where the value fits. */
  violations(schema: string, value: unknown): string[] {
    const validate = this.compiled.get(schema) ?? this.compile(schema);
    return validate(value) ? [] : (validate.errors ?? []).map(inRunpodStyle);
  }

  /** How a reply differs from what the document says of this operation; empty where it fits. */
  replyViolations({ replies }: Operation, { status, headers, body }: HttpAnswer): string[] {
    const documented = replies.get(String(status)) ?? (replies.has(String(status)) ? null : replies.get('default'));
    if (documented === undefined) return [`status ${status} is not documented`];
    if (documented === null) return body === undefined ? [] : [`status ${status} has no body`];
    const type = headers?.['content-type'] ?? 'application/json';
    if (type !== documented.type) return [`${type} instead of ${documented.type}`];
    return this.violations(documented.schema, body);
  }

  private compile(schema: string): ValidateFunction {
    const validate = this.ajv.compile({ $ref: `runpod#/components/schemas/${schema}` });
    this.compiled.set(schema, validate);
    return validate;
  }
}

function inRunpodStyle(error: ErrorObject): string {
  const where = `$${error.instancePath.replaceAll('/', '.')}`;
  const params = error.params as Record<string, unknown>;
  if (error.keyword === 'required') return `${where}: missing property '${params.missingProperty}'`;
  const extra = params.additionalProperty ?? params.unevaluatedProperty;
  if (extra !== undefined) return `${where}: additional properties '${extra}' not allowed`;
  if (error.keyword === 'enum') {
    return `${where}: value must be one of ${(params.allowedValues as unknown[]).map((v) => `'${v}'`).join(', ')}`;
  }
  return `${where}: ${error.message ?? 'is not valid'}`;
}
