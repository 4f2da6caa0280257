/** What a run notes of the program that it runs: where, by whom, with what. */
import type { ParamValue } from "../../edn/mod.ts";
import type { Io } from "../io.ts";
import { findInterpreter } from "./interpreter.ts";
import { maskSecrets } from "../../text/mask_secrets.ts";
import { quoted } from "./pseudo_terminal.ts";

/** What a run notes of a program. */
export interface CallDescription {
  /** The command line as a shell would take it, for a tag; left out on demand. */
  readonly command: string | undefined;
  /** How many values of it were masked. */
  readonly masked: number;
  /** Who runs it, where that is known. */
  readonly user: string | undefined;
  /** Host, directory, arguments and interpreter, for the run's environment. */
  readonly environment: Record<string, ParamValue>;
}

/** Describes a call of a program, without the secrets on its command line. */
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
