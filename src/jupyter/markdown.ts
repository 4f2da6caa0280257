/** Markdown rendered as inert HTML. */
import { Html, markup } from "./html.ts";

let rendering: Promise<(markdown: string) => string> | undefined;

/** Allowed link targets. Other schemes can start programs: `vscode:`, `smb:`, `command:`. */
const LINKS = /^(https?:\/\/|mailto:|#)/i;

/**
 * Renders Markdown. HTML in it is shown as text; links may lead only to web pages, mail addresses
 * or headings. Images are replaced by their description, because loading one would reveal the
 * reader to its server.
 */
export async function markdownHtml(markdown: string): Promise<Html> {
  const render = await (rendering ??= loadRenderer());
  return new Html(`<div>${render(markdown.toWellFormed())}</div>`);
}

async function loadRenderer(): Promise<(markdown: string) => string> {
  const { default: MarkdownIt } = await import("npm:markdown-it@~15.0.0");
  const renderer = new MarkdownIt({ html: false });
  renderer.validateLink = (url) => LINKS.test(url.trim());
  renderer.renderer.rules.link_open = (tokens, at, options, _, self) => {
    tokens[at]!.attrSet("rel", "noopener noreferrer");
    return self.renderToken(tokens, at, options);
  };
  renderer.renderer.rules.image = (tokens, at) =>
    markup`<span class="dim">[picture: ${tokens[at]?.content ?? ""}]</span>`.source;
  return (markdown) => renderer.render(markdown);
}
