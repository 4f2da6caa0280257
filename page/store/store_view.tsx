export function StoreView() {
  return <main class="page" />;
}
