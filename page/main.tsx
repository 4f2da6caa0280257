/** The page. */
import { render } from "preact";
import { App } from "./app.tsx";
import { startLive } from "./live.ts";
import "./theme.ts";

startLive();
render(<App />, document.getElementById("app")!);
