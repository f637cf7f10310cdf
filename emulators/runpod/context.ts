import type { Account } from './account.ts';
import type { Faults } from './faults.ts';
import type { RunpodSchemas } from './schema.ts';

/** What every handler is given. */
export interface RestContext {
  account: Account;
  faults: Faults;
  schemas: RunpodSchemas;
  realNow: () => number;
  pageSize: number;
  /** No key was sent: GraphQL alone answers, with the catalogue. */
  anonymous: boolean;
}
