/**
 * Syncing of a whole file system by one call, much cheaper than syncing thousands of small files.
 */

const O_DIRECTORY = 0o200000;
const O_CLOEXEC = 0o2000000;

/** Version of Linux from which `syncfs` reports errors of earlier writes. */
const REPORTS_ERRORS = [5, 8] as const;

const SYMBOLS = {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  syncfs: { parameters: ["i32"], result: "i32", nonblocking: true },
  close: { parameters: ["i32"], result: "i32" },
} as const;

/** A file system, opened before the data to sync is written, so that its errors are seen. */
export interface FileSystemSync {
  /**
   * Makes everything written to the file system durable.
   *
   * @returns Whether that is certain.
   */
  sync(): Promise<boolean>;
  /** Closes it. */
  close(): void;
}

/**
 * Opens the file system of a directory, to sync it later. Calls the C library, so it works only on
 * Linux and if `--allow-ffi` is already granted; it never prompts.
 *
 * @returns `undefined` if that is impossible.
 */
export function openFileSystem(directory: string): FileSystemSync | undefined {
  if (Deno.build.os !== "linux" || !isGranted({ name: "ffi" })) return undefined;
  if (!isGranted({ name: "sys", kind: "osRelease" }) || !reportsErrors(Deno.osRelease())) {
    return undefined;
  }
  let library: Deno.DynamicLibrary<typeof SYMBOLS> | undefined;
  try {
    library = Deno.dlopen("libc.so.6", SYMBOLS);
    const { open, syncfs, close } = library.symbols;
    const path = new TextEncoder().encode(`${directory}\0`);
    const descriptor = open(path, O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
      library.close();
      return undefined;
    }
    return {
      sync: async () => await syncfs(descriptor) === 0,
      close: () => {
        close(descriptor);
        library!.close();
      },
    };
  } catch {
    library?.close();
    return undefined; // A different C library.
  }
}

function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}

function reportsErrors(release: string): boolean {
  const [major = 0, minor = 0] = release.split(/[^0-9]+/).map(Number);
  return major > REPORTS_ERRORS[0] || major === REPORTS_ERRORS[0] && minor >= REPORTS_ERRORS[1];
}
