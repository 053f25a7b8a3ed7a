/** What a person reads of a file or folder that cannot be used. */
const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EISDIR: 'is a folder',
  EEXIST: 'is no folder',
  ENOTDIR: 'lies in something that is no folder',
  EACCES: 'may not be read or written',
  EPERM: 'may not be read or written',
  EROFS: 'lies on a disk that cannot be written',
  ENOSPC: 'lies on a disk that is full',
};

export function fileComplaint(path: string, cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? 'unknown error';
  return `${path} ${reasons[code] ?? `cannot be used (${code})`}`;
}
