import type { Address } from "../route.ts";
export function ModelsView(_: { model: string | undefined; address: Address }) {
  return <main class="page" />;
}
