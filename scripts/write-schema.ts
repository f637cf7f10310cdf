import { writeFileSync } from 'node:fs';
import { policyJsonSchema } from '../src/config/policy-file.ts';

/** The schema with which editors complete podwarden.yaml. A test keeps it equal to the code. */
const path = new URL('../podwarden.schema.json', import.meta.url);
writeFileSync(path, `${JSON.stringify(policyJsonSchema(), null, 2)}\n`);
