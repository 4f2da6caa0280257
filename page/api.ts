/** Calls of the server. */
import { cell } from "./cell.ts";
import { answerFromReport } from "./report/answers.ts";
import { report } from "./report/data.ts";

/** Whether the server answers. */
export const connection = cell<"live" | "connecting" | "lost">("connecting");

/** Whether the server asks the user to sign in. */
export const needsSignIn = cell(false);

/** Calls `work` when the server is back, or the user has signed in, until the returned function is called. */
export function onReturn(work: () => void): () => void {
  let before = connection.get();
  const stops = [
    connection.watch(() => {
      const now = connection.get();
      if (now === "live" && before === "lost" && !needsSignIn.get()) work();
      before = now;
    }),
    needsSignIn.watch(() => {
      if (!needsSignIn.get()) work();
    }),
  ];
  return () => stops.forEach((stop) => stop());
}

/** A failed request, or one without response. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** HTTP status; 0 if the server did not answer. */
  readonly status: number;
  /** Where in a filter the mistake is. */
  readonly position: number | undefined;

  /** Makes the error. */
  constructor(message: string, status: number, position?: number) {
    super(message);
    this.status = status;
    this.position = position;
  }
}

/** Values of a query; those that are `undefined` are left out. */
export type Query = Readonly<
  Record<string, string | number | boolean | readonly string[] | undefined>
>;

/** The address of a call. */
export function urlOf(path: string, query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) value.forEach((one) => params.append(name, one));
    else if (value !== undefined && value !== "") params.set(name, String(value));
  }
  const text = params.toString();
  return text === "" ? path : `${path}?${text}`;
}

/** One segment of a path. */
export const segment = encodeURIComponent;

/** Gets JSON. */
export async function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  const response = await request(urlOf(path, query), signal ? { signal } : {});
  return await response.json() as T;
}

/** Sends JSON. */
export async function post<T>(path: string, body: unknown): Promise<T> {
  const response = await request(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return await response.json().catch(() => ({})) as T;
}

/**
 * Calls the server.
 *
 * @throws {ApiError} If the request fails or gets no response.
 */
export async function request(url: string, init: RequestInit = {}): Promise<Response> {
  let response;
  try {
    response = report ? answerFromReport(url, init) : await fetch(url, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    connection.set("lost");
    throw new ApiError("The server does not answer; this page tries again by itself", 0);
  }
  if (response.ok) return response;
  if (response.status === 401 && !url.endsWith("/api/sign-in")) needsSignIn.set(true);
  throw await errorOf(response);
}

async function errorOf(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => "");
  let [message, position] = [text, undefined as number | undefined];
  try {
    const body = JSON.parse(text) as Record<string, unknown>;
    message = String(body["error"] ?? body["message"] ?? text);
    if (typeof body["position"] === "number") position = body["position"];
  } catch {
    // Words, not JSON.
  }
  const short = message.slice(0, 500) || `The server answered ${response.status}`;
  return new ApiError(short, response.status, position);
}

/** The words of an error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
