import type { PostFile } from '../../protocol.ts';

const PICTURE = /\.(png|jpe?g|gif|webp)$/i;

export function Files({ files }: { files: PostFile[] }) {
  if (files.length === 0) return null;
  return (
    <discord-attachments slot="attachments">
      {files.map((file) =>
        PICTURE.test(file.name) ? <Picture key={file.url} {...file} /> : <Other key={file.url} {...file} />,
      )}
    </discord-attachments>
  );
}

/** The library's picture has no text of its own, and cannot be opened. */
function Picture({ name, alt, url }: PostFile) {
  return (
    <a className="attached-picture" href={url} target="_blank" rel="noopener noreferrer" data-ours>
      <img src={url} alt={alt || name} />
    </a>
  );
}

function Other({ name, size, url }: PostFile) {
  const [bytes, bytesUnit] = size < 1024 ? [size, 'bytes'] : [Math.round(size / 102.4) / 10, 'KB'];
  const shared = { name, bytes, bytesUnit, href: url };
  return <discord-file-attachment {...shared} target="_blank" rel="noopener noreferrer" />;
}
