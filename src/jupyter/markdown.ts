/** Markdown as HTML that cannot do more than be read. */
import { Html, markup } from "./html.ts";

let rendering: Promise<(markdown: string) => string> | undefined;

/**
 * Renders Markdown. HTML in it is shown as text, and a link leads only to what a browser opens without
 * running it: both are the library's doing. Pictures are told by their words: loading one would tell
 * its server who looks at the notebook.
 */
export async function markdownHtml(markdown: string): Promise<Html> {
  const render = await (rendering ??= loadRenderer());
  return new Html(`<div>${render(markdown.toWellFormed())}</div>`);
}

async function loadRenderer(): Promise<(markdown: string) => string> {
  const { default: MarkdownIt } = await import("npm:markdown-it@^15.0.0");
  const renderer = new MarkdownIt({ html: false });
  renderer.renderer.rules.image = (tokens, at) =>
    markup`<span class="dim">[picture: ${tokens[at]?.content ?? ""}]</span>`.source;
  return (markdown) => renderer.render(markdown);
}
