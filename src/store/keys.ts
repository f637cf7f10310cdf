/** All keys share one hash tag, so that scripts over several of them work in Redis Cluster. */
export const PREFIX = '{podwarden}';
export const key = (...parts: string[]): string => [PREFIX, ...parts].join(':');
