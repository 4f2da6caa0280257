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
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    // The process name, in parentheses, may contain anything.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { started: fields[19]!, isOver: ["Z", "X"].includes(fields[0]!) };
  } catch {
    return undefined;
  }
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
