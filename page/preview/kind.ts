/** How a file is shown, by its type and its name. */

/** Ways to show a file. */
export type Kind =
  | "picture"
  | "audio"
  | "video"
  | "table"
  | "parquet"
  | "json"
  | "markdown"
  | "notebook"
  | "html"
  | "pdf"
  | "text"
  | "other";

const BY_NAME: Readonly<Record<string, Kind>> = {
  png: "picture",
  jpg: "picture",
  jpeg: "picture",
  gif: "picture",
  webp: "picture",
  avif: "picture",
  bmp: "picture",
  ico: "picture",
  svg: "picture",
  mp3: "audio",
  wav: "audio",
  ogg: "audio",
  flac: "audio",
  m4a: "audio",
  mp4: "video",
  webm: "video",
  mov: "video",
  csv: "table",
  tsv: "table",
  parquet: "parquet",
  json: "json",
  geojson: "json",
  md: "markdown",
  markdown: "markdown",
  ipynb: "notebook",
  html: "html",
  htm: "html",
  pdf: "pdf",
};

const TEXT_NAMES =
  /\.(txt|log|py|js|mjs|ts|tsx|jsx|r|jl|java|kt|scala|clj|edn|c|h|cc|cpp|hpp|cu|rs|go|rb|pl|sh|bash|zsh|fish|sql|ya?ml|toml|ini|cfg|conf|env|xml|css|tex|diff|patch|jsonl|ndjson|proto|lock|gitignore)$|(^|\/)(MLmodel|Makefile|Dockerfile|README|LICENSE|requirements[^/]*)$/i;

const BY_TYPE: readonly (readonly [RegExp, Kind])[] = [
  [/^image\//, "picture"],
  [/^audio\//, "audio"],
  [/^video\//, "video"],
  [/^text\/(csv|tab-separated-values)/, "table"],
  [/parquet/, "parquet"],
  [/^application\/(geo\+)?json/, "json"],
  [/^text\/markdown/, "markdown"],
  [/ipynb/, "notebook"],
  [/^text\/html|xhtml/, "html"],
  [/^application\/pdf/, "pdf"],
  [/^text\/|^application\/(x-)?(javascript|typescript|ya?ml|toml|xml|sh|python)|edn/, "text"],
];

/** Kind of preview of a file. The extension takes precedence over a guessed type. */
export function kindOf(name: string, type: string | null | undefined): Kind {
  const ending = /\.(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
  const byName = Object.hasOwn(BY_NAME, ending) ? BY_NAME[ending] : undefined;
  if (byName) return byName;
  if (TEXT_NAMES.test(name)) return "text";
  return BY_TYPE.find(([pattern]) => pattern.test(type ?? ""))?.[1] ?? "other";
}
