/**
 * Registration of files opened by any Worker of this process, with their driver. Each Worker has
 * its own `globalThis`, but file locks belong to the process. Workers share the environment without
 * further permissions.
 */
import type { SqlDriver } from "./sql_driver.ts";

type DriverName = SqlDriver["name"];

/**
 * An entry of the register for a file's identity. Children inherit the environment, so it names the
 * process.
 */
class Entry {
  readonly #variable: string;

  constructor(identity: string) {
    this.#variable = `CHACHAML_OPEN_${identity.replaceAll(/[^0-9A-Za-z]/g, "_")}`;
  }

  /**
   * Whether the register may be used. Without that permission the ffi driver is unavailable as
   * well.
   */
  get isUsable(): boolean {
    const variable = this.#variable;
    return Deno.permissions.querySync({ name: "env", variable }).state === "granted";
  }

  read(): { driver: DriverName; workers: number } | undefined {
    const [pid, driver, workers] = (Deno.env.get(this.#variable) ?? "").split(" ");
    if (Number(pid) !== Deno.pid || driver !== "ffi" && driver !== "builtin") return undefined;
    return { driver, workers: Number(workers) };
  }

  write(driver: DriverName, workers: number): void {
    if (workers > 0) Deno.env.set(this.#variable, `${Deno.pid} ${driver} ${workers}`);
    else Deno.env.delete(this.#variable);
  }
}

/**
 * Registers that this Worker has a file open with a driver, unless the process has it open with
 * another one.
 *
 * @returns The driver it is open with now, and a function that removes the registration.
 */
export function registerOpenFile(
  identity: string,
  driver: DriverName,
): { readonly driver: DriverName; readonly release: () => void } {
  const entry = new Entry(identity);
  if (!entry.isUsable) return { driver, release: () => {} };
  const known = entry.read();
  if (known && known.driver !== driver) return { driver: known.driver, release: () => {} };
  entry.write(driver, (known?.workers ?? 0) + 1);
  return { driver, release: () => entry.write(driver, (entry.read()?.workers ?? 1) - 1) };
}
