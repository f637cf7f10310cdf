import type { PostFile } from '../../protocol.ts';

const IMAGE = /\.(png|jpe?g|gif|webp|svg)$/i;

function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Files are no blocks: the library has nothing for them. */
export function Files({ files }: { files: PostFile[] }) {
  return files.map((file) => <File key={file.url} file={file} />);
}

function File({ file }: { file: PostFile }) {
  const { name, alt, size, url } = file;
  if (IMAGE.test(name)) return <img className="slack-picture" src={url} alt={alt || name} data-ours />;
  const kind = name.includes('.') ? (name.split('.').at(-1) ?? '').toUpperCase() : 'File';
  return (
    <div className="slack-file" data-ours>
      <span className="slack-file-icon" aria-hidden="true">
        {kind.slice(0, 4)}
      </span>
      <span className="slack-file-words">
        <b>{name}</b>
        <span>
          {kind} · {sizeText(size)}
        </span>
      </span>
      <a href={url} download={name} aria-label={`Download ${name}`}>
        Download
      </a>
    </div>
  );
}
