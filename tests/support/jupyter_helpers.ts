/** What the tests of displays share. */
import assert from "node:assert/strict";
import { type DefaultTreeAdapterTypes as Tree, parseFragment } from "npm:parse5@~8.1.0";

/** The forms of a value, as a notebook asks for them; plain text is always among them. */
export async function displayOf(value: unknown): Promise<{ text: string; html: string }> {
  const display = (value as Record<symbol, unknown>)[Symbol.for("Jupyter.display")];
  assert.equal(typeof display, "function", "it has no display");
  const bundle = await (display as () => Promise<Record<string, unknown>>).call(value);
  const { "text/plain": text, "text/html": html } = bundle;
  assert.ok(typeof text === "string" && text.trim() !== "");
  assert.ok(typeof html === "string");
  return { text, html };
}

const ELEMENTS: ReadonlySet<string> = new Set(
  ("div span h1 h2 h3 h4 h5 h6 p a em strong code pre table thead tbody tr th td ul ol li br hr " +
    "blockquote s style img audio iframe figure figcaption svg rect polyline circle g line text title")
    .split(" "),
);

const ATTRIBUTES: ReadonlySet<string> = new Set(
  ("class style title alt src href controls sandbox srcdoc start xmlns width height viewBox role " +
    "aria-label rel rx fill fill-opacity points stroke stroke-width stroke-opacity stroke-linejoin " +
    "cx cy r x y dy x1 x2 y1 y2 text-anchor font-size font-family").split(
      " ",
    ),
);

/**
 * Asserts that HTML, read as a browser reads it, has no element or attribute but those that displays
 * are made of, and no address that runs or loads anything.
 *
 * @returns The text that is seen.
 */
export function assertHarmless(html: string): string {
  return textOf(parseFragment(html));
}

function textOf(node: Tree.ParentNode | Tree.ChildNode): string {
  if ("value" in node) return node.value;
  assert.notEqual(node.nodeName, "#comment");
  if ("tagName" in node) {
    assert.ok(ELEMENTS.has(node.tagName), `<${node.tagName}>`);
    for (const { name, value } of node.attrs) assertAttribute(node, name, value);
    if (node.tagName === "style") return "";
  }
  return "childNodes" in node ? node.childNodes.map(textOf).join("") : "";
}

function assertAttribute(node: Tree.Element, name: string, value: string): void {
  assert.ok(ATTRIBUTES.has(name), `${node.tagName} ${name}="${value}"`);
  if (name === "src") assert.match(value, /^data:(image|audio)\/[\w.+-]+;base64,[\w+/=]*$/);
  if (name === "href") assert.doesNotMatch(value, /^\W*(javascript|vbscript|data|file):/i);
  if (name === "style") assert.doesNotMatch(value, /url|expression/i);
  if (name === "sandbox") assert.equal(value, "");
  if (node.tagName === "iframe") assert.ok(node.attrs.some(({ name }) => name === "sandbox"));
}
