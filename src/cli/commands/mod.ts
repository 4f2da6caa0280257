/** All verbs, in the order of the help. */
import type { CommandSpec } from "../command.ts";
import { backup } from "./backup.ts";
import { cat } from "./cat.ts";
import { compare } from "./compare.ts";
import { completeVerb, completions } from "./completions.ts";
import { dedup } from "./dedup.ts";
import { doctor } from "./doctor.ts";
import { end } from "./end.ts";
import { exec } from "./exec.ts";
import { exportVerb } from "./export.ts";
import { gc } from "./gc.ts";
import { get } from "./get.ts";
import { importVerb } from "./import.ts";
import { info } from "./info.ts";
import { log } from "./log.ts";
import { ls } from "./ls.ts";
import { models } from "./models.ts";
import { promote } from "./promote.ts";
import { prune } from "./prune.ts";
import { put } from "./put.ts";
import { register } from "./register.ts";
import { restore } from "./restore.ts";
import { rm } from "./rm.ts";
import { runs } from "./runs.ts";
import { show } from "./show.ts";
import { start } from "./start.ts";
import { verify } from "./verify.ts";

/** The verbs. */
export const COMMANDS: readonly CommandSpec[] = [
  start,
  end,
  exec,
  log,
  put,
  get,
  cat,
  ls,
  show,
  rm,
  runs,
  compare,
  models,
  register,
  promote,
  verify,
  gc,
  prune,
  dedup,
  backup,
  restore,
  exportVerb,
  importVerb,
  info,
  doctor,
  completions,
  completeVerb,
];
