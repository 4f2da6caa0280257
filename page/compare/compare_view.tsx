import type { Address } from "../route.ts";
export function CompareView(_: { address: Address }) {
  return <main class="page" />;
}
