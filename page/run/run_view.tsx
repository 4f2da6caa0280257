import type { Address, View } from "../route.ts";
export function RunView(_: { address: Address; view: View & { name: "run" } }) {
  return <main class="page" />;
}
