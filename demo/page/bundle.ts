import { fileURLToPath } from 'node:url';
import { build, stop } from 'esbuild';

export interface Bundle {
  js: string;
  css: string;
}

/** The page for browsers, in memory: takes about half a second. */
export async function bundlePage(): Promise<Bundle> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./browser/main.tsx', import.meta.url))],
    bundle: true,
    write: false,
    outdir: 'assets',
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    minify: true,
    legalComments: 'none',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'silent',
  });
  // Its helper process would stay for good.
  await stop();
  const text = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? '';
  return { js: text('.js'), css: text('.css') };
}
