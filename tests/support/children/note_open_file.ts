/** A Worker that has a file open with the driver that it is sent, until it is sent `null`. */
import { noteOpenFile } from "../../../src/metadata/sqlite/open_files.ts";

let forget = () => {};
const worker = self as unknown as {
  onmessage: (event: MessageEvent) => void;
  postMessage(message: unknown): void;
};
worker.onmessage = ({ data }) => {
  try {
    if (data === null) forget();
    else forget = noteOpenFile(data.path, data.driver, "write");
    worker.postMessage("done");
  } catch (error) {
    worker.postMessage((error as Error).message);
  }
};
