/** Display of one artifact: a preview by content type, or a card. */
import type { Artifact } from "../artifacts/artifact.ts";
import { formatBytes, formatTime } from "../text/format.ts";
import { audioPreview, picturePreview } from "./media.ts";
import { oneLine } from "./cells.ts";
import type { MediaBundle } from "../display/displayable.ts";
import { bundle } from "./bundle.ts";
import { markup } from "./html.ts";
import type { Preview } from "./preview.ts";
import { pairs, tableHtml } from "./table.ts";
import { textPreview } from "./text.ts";

/** Displays an artifact. */
export async function showArtifact(artifact: Artifact): Promise<MediaBundle> {
  const { name, size, hash, createdAt } = artifact;
  const type = artifact.contentType ?? "type unknown";
  const details = `${type}, ${formatBytes(size)}`;
  const title = markup`<div><strong>${name}</strong> <span class="dim">${details}</span></div>`;
  const line = `Artifact ${oneLine(name)}  ${oneLine(details)}  sha256 ${
    oneLine(hash.slice(0, 12))
  }`;
  try {
    const preview = await previewOf(artifact);
    if (preview) {
      const { body, text } = preview;
      return bundle(markup`${title}${body}`, [line, ...text ? ["", text] : []].join("\n"));
    }
  } catch (error) {
    const { message } = error as Error;
    return bundle(
      markup`${title}<div class="bad">${message}</div>`,
      `${line}\n${oneLine(message)}`,
    );
  }
  const card = pairs([["size", formatBytes(size)], ["sha-256", hash], [
    "stored",
    formatTime(createdAt),
  ]]);
  return bundle(markup`${title}${tableHtml(card)}`, line);
}

/** Returns a preview; `undefined` for types without one. */
async function previewOf(artifact: Artifact): Promise<Preview | undefined> {
  const type = (artifact.contentType ?? "").split(";")[0]!.trim().toLowerCase();
  if (type.startsWith("image/")) return await picturePreview(artifact, type);
  if (type.startsWith("audio/")) return await audioPreview(artifact, type);
  return await textPreview(artifact, type);
}
