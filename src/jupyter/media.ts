/** Images and audio embedded in a page. */
import type { Artifact } from "../artifacts/artifact.ts";
import type { Preview } from "./preview.ts";
import { markup } from "./html.ts";

/** Maximum size, in bytes, of embedded media: it is saved in the notebook's file. */
export const MAX_MEDIA = 5_000_000;

const PICTURES: ReadonlySet<string> = new Set([
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
  "image/avif",
  "image/bmp",
  "image/svg+xml",
]);

const SOUNDS: ReadonlySet<string> = new Set([
  "audio/wav",
  "audio/x-wav",
  "audio/mpeg",
  "audio/mp3",
  "audio/ogg",
  "audio/flac",
  "audio/webm",
  "audio/mp4",
  "audio/aac",
]);

/** Displays an image. An SVG is embedded as an image as well, so that its scripts do not run. */
export async function picturePreview(
  artifact: Artifact,
  type: string,
): Promise<Preview | undefined> {
  if (!PICTURES.has(type)) return undefined;
  const source = await dataUrl(artifact, type);
  return source === undefined
    ? undefined
    : { body: markup`<img alt="${artifact.name}" src="${source}">` };
}

/** Displays an audio player. */
export async function audioPreview(artifact: Artifact, type: string): Promise<Preview | undefined> {
  if (!SOUNDS.has(type)) return undefined;
  const source = await dataUrl(artifact, type);
  return source === undefined
    ? undefined
    : { body: markup`<audio controls src="${source}"></audio>` };
}

async function dataUrl(artifact: Artifact, type: string): Promise<string | undefined> {
  if (!(artifact.size <= MAX_MEDIA)) return undefined;
  return `data:${type};base64,${(await artifact.bytes({ end: MAX_MEDIA })).toBase64()}`;
}
