/** The renderer of notebooks. */
import type { CaptureOptions } from "../artifacts/captured_display.ts";
import type { Renderer } from "../display/displayable.ts";
import { capture, type CaptureTarget } from "./capture.ts";
import { show } from "./show.ts";

/** Renders the values of the library, and stores what a notebook shows. */
export const notebook: Renderer = {
  show,
  capture: (run, name, value, options) =>
    capture(run as CaptureTarget, name, value, options as CaptureOptions),
};
