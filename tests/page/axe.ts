/** Checks of accessibility. */
import axe from "npm:axe-core@~4.14.1";
import type { Page } from "npm:playwright-core@~1.65.1";

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** Loads axe into a page. */
export async function loadAxe(page: Page): Promise<void> {
  await page.evaluate(axe.source);
}

/** What axe finds wrong with what is shown. */
export async function violations(page: Page, view: string): Promise<string[]> {
  await page.waitForTimeout(150);
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run: (root: unknown, options: unknown) => Promise<{ violations: unknown }> };
    };
    const { document } = globalThis as unknown as { document: unknown };
    return (await axe.run(document, { resultTypes: ["violations"] })).violations;
  }) as Violation[];
  return found.flatMap(({ id, help, nodes }) =>
    nodes.slice(0, 3).map(({ html, failureSummary }) =>
      `${view}: ${id}: ${help}: ${html.slice(0, 300)} ${failureSummary}`
    )
  );
}
