/** Markdown as HTML that cannot do more than be read. */
import { Html, markup } from "./html.ts";

let rendering: Promise<(markdown: string) => string> | undefined;

/** Where a link of a note may lead. Other schemes start programs: `vscode:`, `smb:`, `command:`. */
const LINKS = /^(https?:\/\/|mailto:|#)/i;

/**
 * Renders Markdown. HTML in it is shown as text, and a link leads only to a web page, a mail address or
 * a heading. A picture is replaced by its description: loading it would show its server who looks at
 * the notebook.
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
