/** Signing in, where the server wants it. */
import { useEffect, useRef, useState } from "preact/hooks";
import { messageOf, needsSignIn, post } from "./api.ts";

/** The form that stands in place of the page. */
export function SignIn() {
  const [way, setWay] = useState<"token" | "password">("token");
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), [way]);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    try {
      await post("/api/sign-in", Object.fromEntries(form));
      needsSignIn.set(false);
    } catch (problem) {
      setError(messageOf(problem));
      setBusy(false);
      first.current?.select();
    }
  };
  return (
    <main class="sign-in">
      <form onSubmit={(event) => void submit(event)}>
        <h1>Sign in to chachaml</h1>
        <div class="segmented" role="group" aria-label="Way to sign in">
          {(["token", "password"] as const).map((name) => (
            <button
              key={name}
              type="button"
              aria-pressed={way === name}
              onClick={() => setWay(name)}
            >
              {name === "token" ? "Token" : "Name and password"}
            </button>
          ))}
        </div>
        {way === "token"
          ? <Field key="token" name="token" label="Token" type="password" field={first} />
          : (
            <>
              <Field key="user" name="user" label="Name" type="text" field={first} />
              <Field key="password" name="password" label="Password" type="password" />
            </>
          )}
        <p class="error" role="alert">{error}</p>
        <button type="submit" class="primary" disabled={busy}>Sign in</button>
        <p class="dim">
          Whoever started this server gave you a token or a password. It stays in this browser until
          it is closed, and goes to this server only.
        </p>
      </form>
    </main>
  );
}

function Field({ name, label, type, field }: {
  name: string;
  label: string;
  type: "text" | "password";
  field?: { current: HTMLInputElement | null };
}) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        {...field && { ref: field }}
        name={name}
        type={type as "text"}
        required
        autocomplete={type === "text" ? "username" : "current-password"}
        spellcheck={false}
      />
    </label>
  );
}
