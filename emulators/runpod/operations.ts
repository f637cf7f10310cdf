type Json = Record<string, unknown>;

/** One method of one path of RunPod's document. */
export interface Operation {
  method: string;
  template: string;
  /** By status or `default`: what a reply is written in, and the name of its schema. Nothing where it has no body. */
  replies: ReadonlyMap<string, { type: string; schema: string } | null>;
}

export interface Found {
  template: string;
  params: string[];
  /** Of this path, in the document's order. */
  operations: readonly Operation[];
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

const at = (document: Json, ref: string): Json =>
  ref
    .slice(2)
    .split('/')
    .reduce<Json>((node, key) => node[key] as Json, document);

const nameOf = (schema: Json | undefined): string =>
  String(schema?.$ref ?? '')
    .split('/')
    .pop() ?? '';

function repliesOf(document: Json, operation: Json): Operation['replies'] {
  return new Map(
    Object.entries(operation.responses as Record<string, Json>).map(([status, given]) => {
      const reply = given.$ref ? at(document, String(given.$ref)) : given;
      const [content] = Object.entries((reply.content ?? {}) as Record<string, Json>);
      return [status, content ? { type: content[0], schema: nameOf(content[1].schema as Json) } : null];
    }),
  );
}

/** Every operation of the document. */
export function operationsOf(document: Json): Operation[] {
  return Object.entries(document.paths as Record<string, Json>).flatMap(([template, path]) =>
    METHODS.filter((method) => path[method] !== undefined).map((method) => ({
      method: method.toUpperCase(),
      template,
      replies: repliesOf(document, path[method] as Json),
    })),
  );
}

/** The documented path that an address is of; a literal one before one with parameters. */
export function findPath(operations: readonly Operation[], path: string): Found | null {
  const templates = [...new Set(operations.map(({ template }) => template))];
  const matches = templates.flatMap((template) => {
    const pattern = new RegExp(`^${template.replace(/\{[^}]+\}/g, '([^/]+)')}$`);
    const params = pattern.exec(path)?.slice(1).map(decodeURIComponent);
    return params ? [{ template, params }] : [];
  });
  const [best] = matches.sort((a, b) => a.params.length - b.params.length);
  return best ? { ...best, operations: operations.filter(({ template }) => template === best.template) } : null;
}
