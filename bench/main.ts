import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Each in a process of its own, so that one's memory is not the other's. */
for (const name of ['scan', 'digest']) {
  const file = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  const { status } = spawnSync(process.execPath, ['--expose-gc', '--import', 'tsx', file], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  console.log('');
}
