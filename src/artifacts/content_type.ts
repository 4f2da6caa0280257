import { InvalidOptionError } from "../base/errors.ts";

const MIME_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+( *;[\x20-\x7e]*)?$/;

/** Extensions of source code and data that the library does not know or misclassifies. */
const TEXTS: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ["x-python", "py pyi"],
    ["x-typescript", "ts tsx mts cts"],
    ["x-rust", "rs"],
    ["x-go", "go"],
    ["x-r", "r"],
    ["x-julia", "jl"],
    ["x-c", "cu cuh hpp hh"],
    ["x-kotlin", "kt kts"],
    ["x-swift", "swift"],
    ["x-scala", "scala"],
    ["x-clojure", "clj cljs cljc edn"],
    ["x-elixir", "ex exs"],
    ["x-ruby", "rb"],
    ["x-perl", "pl pm"],
    ["x-php", "php"],
    ["x-haskell", "hs"],
    ["x-ocaml", "ml mli"],
    ["x-nix", "nix"],
    ["x-shellscript", "sh bash zsh fish"],
    ["x-powershell", "ps1"],
    ["x-sql", "sql"],
    ["x-toml", "toml"],
    ["x-tex", "tex"],
    ["x-bibtex", "bib"],
    ["x-rst", "rst"],
    ["x-diff", "diff patch"],
    ["x-protobuf", "proto"],
    ["x-terraform", "tf"],
    ["x-zig", "zig"],
    ["x-dart", "dart"],
    ["jsonl", "jsonl ndjson"],
    ["plain", "cfg env lock gitignore properties"],
  ].flatMap(([type, extensions]) =>
    extensions!.split(" ").map((extension) => [extension, `text/${type}`])
  ),
);

/** Loaded by the first put: it is large. */
const load = async () => (await import("npm:mime@~4.1.0")).default;
let loaded: Awaited<ReturnType<typeof load>> | undefined;

/** Returns the MIME type of a name's extension, otherwise the type of the source's kind. */
export async function guessContentType(name: string, ofKind?: string): Promise<string> {
  const mime = loaded ??= await load();
  const fallback = ofKind !== undefined && MIME_TYPE.test(ofKind) ? ofKind : undefined;
  // The library would take a name without a dot for an extension.
  const extension = /\.([^./]+)$/.exec(name)?.[1]?.toLowerCase();
  if (extension !== undefined && Object.hasOwn(TEXTS, extension)) return TEXTS[extension]!;
  return (extension !== undefined ? mime.getType(name) : null) ?? fallback ??
    "application/octet-stream";
}

/**
 * Checks a MIME type.
 *
 * @throws {InvalidOptionError} If it is not a MIME type.
 */
export function assertContentType(contentType: string): void {
  if (MIME_TYPE.test(contentType)) return;
  throw new InvalidOptionError(
    `Cannot use ${JSON.stringify(contentType)} as contentType: ` +
      'it must be a MIME type such as "text/csv"',
  );
}
