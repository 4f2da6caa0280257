/** Every member of the public API is documented in one fixed order. */
import assert from "node:assert/strict";
import { packageFlags } from "../support/children/flags.ts";

interface Tag {
  readonly kind: string;
  readonly name?: string;
}

interface Docs {
  readonly doc?: string;
  readonly tags?: readonly Tag[];
}

interface Type {
  readonly repr: string;
  readonly kind: string;
  readonly value?: readonly Type[] | { readonly typeParams?: readonly Type[] };
}

interface Param {
  readonly kind: string;
  readonly name?: string;
  readonly left?: Param;
}

interface FunctionDef {
  readonly params: readonly Param[];
  readonly returnType?: Type;
  readonly hasBody?: boolean;
}

interface Method {
  readonly name: string;
  readonly kind: string;
  readonly accessibility?: string;
  readonly jsDoc?: Docs;
  readonly functionDef: FunctionDef;
}

interface Property {
  readonly name: string;
  readonly optional: boolean;
  readonly tsType?: Type;
  readonly jsDoc?: Docs;
}

interface Declaration {
  readonly kind: string;
  readonly jsDoc?: Docs;
  readonly def: {
    readonly methods?: readonly Method[];
    readonly properties?: readonly Property[];
    readonly extends?: string;
  };
}

interface Symbols {
  readonly symbols: readonly { readonly name: string; readonly declarations: Declaration[] }[];
}

const ORDER = ["param", "return", "throws", "example"];

/** Classes that only hold a value. */
const WITHOUT_PERMISSIONS = ["EdnValue"];

async function publicApi(): Promise<[name: string, declaration: Declaration][]> {
  const root = new URL("../../", import.meta.url);
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...packageFlags(), "mod.ts", "src/server/mod.ts"],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout)) as {
    nodes: Record<string, Symbols>;
  };
  return Object.values(nodes).flatMap(({ symbols }) =>
    symbols.flatMap(({ name, declarations }) =>
      declarations.map((it): [string, Declaration] => [name, it])
    )
  );
}

const api = await publicApi();

/** Methods that a caller uses: overloads instead of their implementation, nothing ignored. */
function* publicMethods(): Generator<[name: string, method: Method]> {
  for (const [name, { kind, def: { methods = [] } }] of api) {
    if (kind !== "class") continue;
    for (const method of methods) {
      const { accessibility, jsDoc, functionDef } = method;
      if (accessibility === "private" || method.name.startsWith("[")) continue;
      if (method.kind !== "method" || jsDoc?.tags?.some((tag) => tag.kind === "ignore")) continue;
      const overloaded = methods.some((other) =>
        other.name === method.name && !other.functionDef.hasBody
      );
      if (!overloaded || !functionDef.hasBody) yield [`${name}.${method.name}`, method];
    }
  }
}

/** Whether a type is a switch or a choice between literals. */
function isChoice(type: Type | undefined): boolean {
  if (type?.kind !== "union") return type?.repr === "boolean";
  return Array.isArray(type.value) && type.value.every((it: Type) => it.kind === "literal");
}

function isVoid(type: Type | undefined): boolean {
  if (type?.repr !== "Promise") return type?.repr === "void";
  return "typeParams" in (type.value ?? {}) &&
    isVoid((type.value as { readonly typeParams?: readonly Type[] }).typeParams?.[0]);
}

Deno.test("every method of the public classes documents its parameters and its result", () => {
  const missing: string[] = [];
  for (const [name, { jsDoc, functionDef: { params, returnType } }] of publicMethods()) {
    const tags = jsDoc?.tags ?? [];
    const documented = tags.filter(({ kind }) => kind === "param").length;
    if (documented !== params.length) missing.push(`${name}: @param`);
    const hasResult = tags.some(({ kind }) => kind === "return");
    if (!isVoid(returnType) && !hasResult) missing.push(`${name}: @returns`);
  }
  assert.deepEqual(missing, []);
});

Deno.test("doc comments have @param, @returns, @throws and @example in this order", () => {
  const wrong = [...publicMethods()].filter(([, { jsDoc }]) => {
    const ranks = (jsDoc?.tags ?? []).map(({ kind }) => ORDER.indexOf(kind)).filter((it) =>
      it >= 0
    );
    return ranks.some((rank, at) => rank < (ranks[at - 1] ?? 0));
  });
  assert.deepEqual(wrong.map(([name]) => name), []);
});

Deno.test("every public class says which permissions it requires", () => {
  const silent = api.filter(([name, { kind, jsDoc, def }]) =>
    kind === "class" && (def.methods ?? []).length > 0 && !name.endsWith("Error") &&
    !WITHOUT_PERMISSIONS.includes(name) && !/permission|Requires/.test(jsDoc?.doc ?? "")
  );
  assert.deepEqual(silent.map(([name]) => name), []);
});

Deno.test("every switch and choice of an options interface has a @default", () => {
  const missing: string[] = [];
  for (const [name, { kind, def: { properties = [] } }] of api) {
    if (kind !== "interface" || !name.endsWith("Options")) continue;
    for (const { name: member, optional, tsType, jsDoc } of properties) {
      if (!optional || !isChoice(tsType)) continue;
      if (!jsDoc?.tags?.some((tag) => tag.kind === "default")) missing.push(`${name}.${member}`);
    }
  }
  assert.deepEqual(missing, []);
});
