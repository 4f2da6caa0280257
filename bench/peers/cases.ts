/** Compared commands of chachaml and of its peers. */
import { join } from "@std/path";
import { type Environment, measure, quote } from "./measure.ts";
import type { Tools } from "./tools.ts";

/** One implementation of a case. */
export interface Way {
  readonly name: string;
  /** What of the result survives a power cut. */
  readonly durability: string;
  /** Command of bash; its working directory is empty and its own. */
  readonly command: string;
  /** Prepares the working directory before the command; not measured. */
  readonly prepare?: string;
  readonly env?: Environment;
}

/** A comparison. The first way is ours. */
export interface Case {
  readonly name: string;
  readonly ways: readonly Way[];
}

/** Directories of files, and stores made of them, that all rounds read. */
export interface Inputs {
  /** 2,000 files of 10 KB. */
  readonly few: string;
  /** 20,000 files of 1 KB, 200 a directory. */
  readonly many: string;
  /** A directory with a store of the latter, a backup of it, and an archive. */
  readonly store: string;
}

const SYNCED = "synced";
const NOT_SYNCED = "not synced";
const BY_COMMAND = "synced by `sync -f`";

/** Program files of this directory, run with all permissions. */
function program(name: string, args: readonly string[], flags: readonly string[]): string {
  const file = new URL(name, import.meta.url).pathname;
  return [Deno.execPath(), "run", "-A", "--no-check", ...flags, file, ...args].map(quote).join(" ");
}

/** Builds the comparisons for the peers that are there. */
export class Cases {
  readonly #tools: Tools;
  readonly #flags: readonly string[];

  /** Creates them for some tools; `flags` are those of `deno run` for our programs. */
  constructor(tools: Tools, flags: readonly string[]) {
    this.#tools = tools;
    this.#flags = flags;
  }

  /** Makes the inputs in a directory. */
  async makeInputs(directory: string): Promise<Inputs> {
    const [few, many, store] = ["few", "many", "store"].map((name) => join(directory, name)) as [
      string,
      string,
      string,
    ];
    makeFiles(few, 2_000, 10_000, 2_000);
    makeFiles(many, 20_000, 1_000, 200);
    Deno.mkdirSync(store);
    for (const name of ["directory", "backup", "export"]) {
      const target = { directory: many, backup: "backup", export: "archive.tar" }[name]!;
      await measure(this.#ours(name, ".", target), {}, store);
    }
    return { few, many, store };
  }

  /** Returns the comparisons. */
  all({ few, many, store }: Inputs): Case[] {
    return [
      {
        name: "2,000 × 10 KB, a directory",
        ways: [
          this.#way("putDirectory", this.#ours("directory", ".", few)),
          ...this.#backupTools(few),
          copy(few),
          this.#cacache(few),
          this.#dvc(few),
          this.#mlflow(few),
        ].filter((way) => way !== undefined),
      },
      {
        name: "2,000 × 10 KB, one by one",
        ways: [
          this.#way("putFile", this.#ours("each", ".", few)),
          this.#way(
            "BLOB rows, a commit each",
            program("others.ts", ["rows-each", ".", few], this.#flags),
          ),
        ],
      },
      {
        name: "20,000 × 1 KB, a directory",
        ways: [
          this.#way("putDirectory", this.#ours("directory", ".", many)),
          ...this.#backupTools(many),
          copy(many),
        ],
      },
      {
        name: "20,000 × 1 KB, first backup",
        ways: [
          this.#way("backup", this.#ours("backup", store, "backup")),
          ...this.#backupTools(store),
          copy(store),
        ],
      },
      {
        name: "20,000 × 1 KB, second backup, nothing new",
        ways: [
          this.#way("backup", this.#ours("backup", store, "backup"), {
            prepare: this.#ours("backup", store, "backup"),
          }),
          ...this.#backupTools(store).map((way) => ({
            ...way,
            prepare: `${way.prepare}; ${way.command}`,
            command: way.command.replace("::one", "::two"),
          })),
        ],
      },
      {
        name: "20,000 × 1 KB, restore",
        ways: [
          this.#way("restoreStore", this.#ours("restore", ".", join(store, "backup"))),
          ...this.#backupTools(join(store, "backup")).map((way) => ({
            ...way,
            prepare: `${way.prepare}; ${way.command}`,
            command: way.name === "restic"
              ? `${this.#tools.restic} -q -r repo restore latest --target to`
              : `mkdir to && cd to && ${this.#tools.borg} extract ../repo::one && sync -f .`,
            durability: way.name === "restic" ? NOT_SYNCED : BY_COMMAND,
          })),
          copy(join(store, "backup")),
        ],
      },
      {
        name: "20,000 × 1 KB, export",
        ways: [
          this.#way("export", this.#ours("export", store, "archive.tar")),
          {
            name: "tar",
            durability: BY_COMMAND,
            command: `tar -cf archive.tar ${quote(many)} && sync archive.tar`,
          },
        ],
      },
      {
        name: "20,000 × 1 KB, import",
        ways: [
          this.#way("import", this.#ours("import", ".", join(store, "archive.tar"))),
          {
            name: "tar",
            durability: BY_COMMAND,
            command: `tar -xf ${quote(join(store, "archive.tar"))} && sync -f .`,
          },
        ],
      },
      {
        name: "20,000 × 1 KB, verify",
        ways: [
          { ...this.#way("verify", this.#ours("verify", store)), durability: "" },
          ...this.#backupTools(store).map((way) => ({
            ...way,
            durability: "",
            prepare: `${way.prepare}; ${way.command}`,
            command: way.name === "restic"
              ? `${this.#tools.restic} -q -r repo check --read-data`
              : `${this.#tools.borg} check --verify-data repo`,
          })),
          {
            name: "sha256sum",
            durability: "",
            command: `find ${quote(many)} -type f -print0 | xargs -0 sha256sum`,
          },
        ],
      },
      {
        name: "8 processes × 200 puts of 10 KB",
        ways: [
          this.#way("put", atOnce(8, (at) => this.#ours("puts", ".", `${at}`, "200")), {
            prepare: this.#ours("open", "."),
          }),
          this.#way("put, one process × 1,600", this.#ours("puts", ".", "0", "1600"), {
            prepare: this.#ours("open", "."),
          }),
          this.#way(
            "BLOB rows, a commit each",
            atOnce(
              8,
              (at) => program("others.ts", ["rows-puts", ".", `${at}`, "200"], this.#flags),
            ),
          ),
        ],
      },
    ];
  }

  #ours(name: string, ...args: string[]): string {
    return program("ours.ts", [name, ...args], this.#flags);
  }

  #way(name: string, command: string, rest: Partial<Way> = {}): Way {
    return { name, command, durability: SYNCED, ...rest };
  }

  /** Ways to back up a directory. */
  #backupTools(directory: string): (Way & { readonly prepare: string })[] {
    const { restic, borg } = this.#tools;
    const ways = [];
    if (restic) {
      ways.push({
        name: "restic",
        durability: SYNCED,
        env: { RESTIC_PASSWORD: "password", RESTIC_CACHE_DIR: "cache" },
        prepare: `${restic} -q -r repo init`,
        command: `${restic} -q -r repo backup ${quote(directory)}`,
      });
    }
    if (borg) {
      ways.push({
        name: "borg",
        durability: SYNCED,
        env: { BORG_BASE_DIR: "base", BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK: "yes" },
        prepare: `${borg} init -e none repo`,
        command: `${borg} create repo::one ${quote(directory)}`,
      });
    }
    return ways;
  }

  #cacache(directory: string): Way | undefined {
    const { cacache } = this.#tools;
    if (!cacache) return undefined;
    const command = program("others.ts", ["cacache", "cache", directory, cacache], this.#flags);
    return { name: "cacache", durability: NOT_SYNCED, command };
  }

  #dvc(directory: string): Way | undefined {
    const { dvc } = this.#tools;
    return dvc === undefined ? undefined : {
      name: "DVC",
      durability: NOT_SYNCED,
      prepare: `cp -r ${quote(directory)} data && ${quote(dvc)} init -q --no-scm`,
      command: `${quote(dvc)} add -q data`,
    };
  }

  #mlflow(directory: string): Way | undefined {
    const { mlflow } = this.#tools;
    if (mlflow === undefined) return undefined;
    const code = `import sys, mlflow; mlflow.start_run(); mlflow.log_artifacts(sys.argv[1])`;
    return {
      name: "MLflow",
      durability: NOT_SYNCED,
      env: { MLFLOW_TRACKING_URI: "sqlite:///mlflow.db", MLFLOW_ALLOW_FILE_STORE: "true" },
      prepare: `${quote(mlflow)} -c 'import mlflow; mlflow.search_experiments()' || true`,
      command: `${quote(mlflow)} -c ${quote(code)} ${quote(directory)}`,
    };
  }
}

function copy(directory: string): Way {
  const command = `cp -r ${quote(directory)} copy && sync -f copy`;
  return { name: "cp -r, sync -f", durability: BY_COMMAND, command };
}

/** A command that runs several at once. */
function atOnce(count: number, command: (at: number) => string): string {
  const started = Array.from({ length: count }, (_, at) => `${command(at)} & pids+=($!)`);
  return `pids=(); ${started.join("; ")}; for pid in "\${pids[@]}"; do wait $pid || exit 1; done`;
}

/** Writes files of random bytes, so many a directory. */
function makeFiles(directory: string, count: number, size: number, together: number): void {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < count; at++) {
    crypto.getRandomValues(bytes);
    const place = together === count
      ? directory
      : join(directory, String(Math.floor(at / together)).padStart(4, "0"));
    if (at % together === 0) Deno.mkdirSync(place, { recursive: true });
    Deno.writeFileSync(join(place, `${String(at).padStart(6, "0")}.bin`), bytes);
  }
}
