/** Markdown of anyone, as a page can show it: nothing of it runs, and nothing of it is fetched. */
import DOMPurify from "dompurify";
import { marked } from "marked";
import { useLayoutEffect, useRef } from "preact/hooks";

/** Longest text that is shown formatted; the parser's time grows faster than the text. */
const MOST = 300_000;

const purify = DOMPurify(globalThis as unknown as Window & typeof globalThis);

purify.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName === "A" && node.hasAttribute("href")) {
    node.setAttribute("target", "_blank");
    node.setAttribute("rel", "noopener noreferrer nofollow");
  }
  // A picture of another host would tell that host who reads the note.
  if (node.tagName === "IMG" && !/^data:image\//i.test(node.getAttribute("src") ?? "")) {
    const words = node.ownerDocument.createElement("span");
    words.className = "dim";
    words.textContent = `[picture not shown: ${node.getAttribute("alt") || "no description"}]`;
    node.replaceWith(words);
  }
});

/** Makes nodes of Markdown. */
export function renderMarkdown(text: string): DocumentFragment {
  const html = marked.parse(text.slice(0, MOST), { async: false, gfm: true });
  return purify.sanitize(html, {
    USE_PROFILES: { html: true },
    FORBID_TAGS: [
      "style",
      "form",
      "input",
      "button",
      "select",
      "textarea",
      "dialog",
      "audio",
      "video",
      "source",
      "picture",
      "map",
      "area",
    ],
    FORBID_ATTR: ["style", "class", "id", "name", "srcset", "background", "tabindex", "role"],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|#|data:image\/(?:png|jpeg|gif|webp);)/i,
    RETURN_DOM_FRAGMENT: true,
  });
}

/** Markdown, formatted. */
export function Markdown({ text }: { text: string }) {
  const root = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    root.current!.replaceChildren(renderMarkdown(text));
    // Headings of the text stand below those of the page.
    for (const table of root.current!.querySelectorAll("table, pre")) {
      (table as HTMLElement).tabIndex = 0;
    }
  }, [text]);
  return <div class="markdown" ref={root} dir="auto" />;
}
