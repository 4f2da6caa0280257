/** Renderer for notebooks. */
import type { CaptureOptions } from "../artifacts/captured_display.ts";
import type { Renderer } from "../display/displayable.ts";
import { capture, type CaptureTarget } from "./capture.ts";
import { show } from "./show.ts";

/** Renders values of the library, and captures displays. */
export const notebook: Renderer = {
  show,
  capture: (run, name, value, options) =>
    capture(run as CaptureTarget, name, value, options as CaptureOptions),
};
