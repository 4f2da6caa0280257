/**
 * The command line of the store.
 *
 * ```sh
 * RUN=$(chachaml start --experiment iris)
 * chachaml put $RUN model.onnx
 * chachaml ls $RUN
 * ```
 *
 * @module
 */
import { processIo } from "./src/cli/io.ts";
import { main } from "./src/cli/main.ts";

if (import.meta.main) Deno.exit(await main(Deno.args, processIo()));
