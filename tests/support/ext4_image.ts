/** An ext4 file system in a file, mounted for a test: its inodes are reused, its power can be cut. */
import { join } from "@std/path";
import { inTempDir } from "./helpers.ts";

/** A file system that a test has for itself. */
export interface Ext4Image {
  /** Where it is mounted. */
  readonly dir: string;
  /** Ends all writing at once: what the journal does not have on disk is lost. */
  cutPower(): void;
  /** Mounts it again after that, which plays the journal back. */
  remount(): Promise<void>;
}

async function call(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args }).output();
  if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr).trim()}`);
}

/** Gives a test a file system of so many MiB. */
export async function inExt4Image(
  megabytes: number,
  work: (image: Ext4Image) => Promise<void>,
): Promise<void> {
  await inTempDir(async (around) => {
    const [file, dir] = [join(around, "image"), join(around, "mounted")];
    await Deno.writeFile(file, new Uint8Array(0));
    await Deno.truncate(file, megabytes * 1024 * 1024);
    await Deno.mkdir(dir);
    // Blocks as large as pages of memory, as real file systems have them, where there is room for a
    // journal of such: SQLite counts on them when it maps its index of the log on a full disk.
    const blocks = megabytes < 16 ? [] : ["-b", "4096"];
    await call("mkfs.ext4", "-q", "-F", ...blocks, file);
    const mount = () => call("mount", "-o", "loop", file, dir);
    const unmount = () => call("umount", dir);
    await mount();
    try {
      await work({
        dir,
        cutPower: () => shutDown(dir),
        remount: async () => {
          await unmount();
          await mount();
        },
      });
    } finally {
      await unmount();
    }
  });
}

/** `EXT4_IOC_SHUTDOWN` without a flush of the journal: as xfstests cut the power. */
function shutDown(dir: string): void {
  const SHUT_DOWN = 0x8004587dn;
  const WITHOUT_FLUSH = 2;
  const libc = Deno.dlopen("libc.so.6", {
    open: { parameters: ["buffer", "i32"], result: "i32" },
    ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
  });
  try {
    const file = libc.symbols.open(new TextEncoder().encode(`${dir}\0`), 0);
    const result = libc.symbols.ioctl(file, SHUT_DOWN, new Uint32Array([WITHOUT_FLUSH]));
    libc.symbols.close(file);
    if (result !== 0) throw new Error("the file system cannot be shut down");
  } finally {
    libc.close();
  }
}

const imageMissing: string | undefined = await whyNot();

async function whyNot(): Promise<string | undefined> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return "only root can mount an image";
  try {
    await inExt4Image(8, () => Promise.resolve());
  } catch (error) {
    return (error as Error).message;
  }
}

/** Declares a test that needs an image; where it cannot be mounted, it is skipped and says why. */
export function testWithExt4(name: string, test: () => Promise<void>): void {
  if (imageMissing === undefined) Deno.test(name, test);
  else Deno.test.ignore(`${name} (skipped: ${imageMissing})`, () => {});
}
