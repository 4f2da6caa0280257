/** Identity of the process of a run, and whether it is alive. */
import { builtin } from "../base/builtin.ts";
import type { RunProcess } from "../metadata/process_store.ts";

let here: RunProcess | undefined;

/** Returns the identity of this process. Parts that may not be read are `null`. */
export function thisProcess(): RunProcess {
  return here ??= {
    host: hostName(),
    space: spaceOfIds(),
    pid: Deno.pid,
    started: statOf(Deno.pid)?.started ?? null,
  };
}

/** Whether a process is alive; `undefined` if that cannot be determined from here. */
export function isAlive({ host, space, pid, started }: RunProcess): boolean | undefined {
  const own = thisProcess();
  if (host === null || host !== own.host || space !== own.space) return undefined;
  if (space === null && Deno.build.os === "linux") return undefined;
  if (pid === own.pid) return started === own.started;
  const stat = statOf(pid);
  if (stat) return stat.started === started && !stat.isOver;
  return accepts(pid);
}

function hostName(): string | null {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "hostname" });
  return state === "granted" ? Deno.hostname() : null;
}

/** Linux: identity of the boot and of the PID namespace, e.g. of a container. */
function spaceOfIds(): string | null {
  if (!mayReadSystem()) return null;
  try {
    const boot = Deno.readTextFileSync("/proc/sys/kernel/random/boot_id").trim();
    return `${boot} ${Deno.readLinkSync("/proc/self/ns/pid")}`;
  } catch {
    return null;
  }
}

/** Linux: start time of a process, in ticks since boot, and whether it has exited. */
function statOf(pid: number): { readonly started: string; readonly isOver: boolean } | undefined {
  if (!mayReadSystem()) return undefined;
  try {
    return parseStat(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return undefined;
  }
}

/** Flag of a process that has begun to exit. */
const EXITING = 0x4;
/** Bit of SIGKILL in the mask of pending signals. */
const KILLED = 1 << (9 - 1);

/**
 * Reads a line of `/proc/<pid>/stat`. A process that was killed keeps its state, e.g. running, until
 * its memory is freed, which takes long on a busy machine: it counts as over at once.
 */
export function parseStat(line: string): { readonly started: string; readonly isOver: boolean } {
  // The process name, in parentheses, may contain anything.
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const isOver = ["Z", "X"].includes(fields[0]!) || (Number(fields[6]) & EXITING) !== 0 ||
    (Number(fields[28]) & KILLED) !== 0;
  return { started: fields[19]!, isOver };
}

/** Deno requires all permissions to read `/proc`; avoid a prompt. */
function mayReadSystem(): boolean {
  return Deno.build.os === "linux" &&
    (["read", "write", "net", "env", "run", "sys", "ffi"] as const).every((name) =>
      Deno.permissions.querySync({ name }).state === "granted"
    );
}

/** Whether a process with this id exists; `undefined` if that may not be asked. */
function accepts(pid: number): boolean | undefined {
  if (Deno.permissions.querySync({ name: "run" }).state !== "granted") return undefined;
  try {
    builtin("node:process").kill(pid, 0);
    return true;
  } catch (error) {
    const { code } = error as { code?: string };
    return code === "ESRCH" ? false : code === "EPERM" ? true : undefined;
  }
}
