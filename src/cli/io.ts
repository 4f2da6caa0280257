/** What a command reads from and prints to; handed in, so that it is tested in process. */
export interface Io {
  /** Standard input. */
  readonly stdin: ReadableStream<Uint8Array>;
  /** Writes data to standard output. */
  readonly stdout: (data: string | Uint8Array) => Promise<void>;
  /** Writes words to standard error. */
  readonly stderr: (words: string) => Promise<void>;
  /** A variable of the environment, where it may be read. */
  readonly env: (name: string) => string | undefined;
}

/** The process's own streams and environment. */
export function processIo(): Io {
  const encoder = new TextEncoder();
  return {
    stdin: Deno.stdin.readable,
    stdout: (data) => writeAll(Deno.stdout, typeof data === "string" ? encoder.encode(data) : data),
    stderr: (words) => writeAll(Deno.stderr, encoder.encode(words)),
    env: (name) => {
      // Asked for first: a variable is no reason for a prompt.
      const { state } = Deno.permissions.querySync({ name: "env", variable: name });
      return state === "granted" ? Deno.env.get(name) || undefined : undefined;
    },
  };
}

async function writeAll(
  to: { write(data: Uint8Array): Promise<number> },
  data: Uint8Array,
): Promise<void> {
  for (let at = 0; at < data.length;) at += await to.write(data.subarray(at));
}
