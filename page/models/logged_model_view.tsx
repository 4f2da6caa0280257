export function LoggedModelView(_: { id: string }) {
  return <main class="page" />;
}
