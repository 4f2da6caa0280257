/** Writes to a file until not one byte more fits on its file system. */
export function fillDisk(path: string): void {
  using file = Deno.openSync(path, { create: true, append: true });
  for (let chunk = new Uint8Array(64 * 1024); chunk.length > 0;) {
    try {
      file.writeSync(chunk);
    } catch {
      chunk = chunk.subarray(0, chunk.length >> 1);
    }
  }
}
