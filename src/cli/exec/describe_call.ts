/** Description of a program call: where, by whom, with what. */
import type { ParamValue } from "../../edn/mod.ts";
import type { Io } from "../io.ts";
import { findInterpreter } from "./interpreter.ts";
import { maskSecrets } from "../../text/mask_secrets.ts";
import { quoted } from "./pseudo_terminal.ts";

/** Description of a program call, recorded with its run. */
export interface CallDescription {
  /** Command line in shell syntax, for a tag; `undefined` if it must not be recorded. */
  readonly command: string | undefined;
  /** Number of masked values. */
  readonly masked: number;
  /** User, if known. */
  readonly user: string | undefined;
  /** Host, directory, arguments and interpreter, for the run's environment. */
  readonly environment: Record<string, ParamValue>;
}

/** Describes a program call, with secrets masked. */
export async function describeCall(
  argv: readonly string[],
  path: string,
  io: Io,
  { withCommand }: { readonly withCommand: boolean },
): Promise<CallDescription> {
  const { args, masked } = maskSecrets(argv);
  const user = io.env("USER") ?? io.env("LOGNAME") ?? io.env("USERNAME");
  const interpreter = await findInterpreter(path);
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "hostname" });
  return {
    command: withCommand ? args.map(quoted).join(" ") : undefined,
    masked: withCommand ? masked : 0,
    user,
    environment: {
      directory: Deno.cwd(),
      ...(state === "granted" && { host: Deno.hostname() }),
      ...(user !== undefined && { user }),
      ...(withCommand && { command: args }),
      ...(interpreter && { interpreter: { ...interpreter } }),
    },
  };
}
