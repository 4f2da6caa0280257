/** The page. */
import { render } from "preact";
import { App } from "./app.tsx";
import { startLive } from "./live.ts";
import { report } from "./report/data.ts";
import { runLink } from "./route.ts";
import "./theme.ts";

if (!report) startLive();
else if (report.runs.length === 1 && location.hash === "") {
  // A report of one run has no other view to begin with.
  location.replace(runLink(report.runs[0]!));
}
render(<App />, document.getElementById("app")!);
