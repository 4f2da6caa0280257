/**
 * A throwaway Ceph cluster with an S3 gateway on loopback: one monitor, one store of objects in memory.
 * A process that ends takes its cluster with it.
 */
import { join } from "@std/path";

/** Keys of the gateway's only user. */
export const KEYS = { accessKeyId: "testkey", secretAccessKey: "testsecret" };

/** The programs that it takes; Debian has them as radosgw, ceph-mon, ceph-osd and ceph-common. */
const PROGRAMS = ["radosgw", "radosgw-admin", "ceph-mon", "ceph-osd", "ceph", "monmaptool"];

/** Seconds within which the gateway must answer. */
const PATIENCE = 120;

/** Why there can be no gateway here; `undefined` if there can. */
export async function gatewayMissing(): Promise<string | undefined> {
  for (const program of PROGRAMS) {
    const { success } = await new Deno.Command("sh", { args: ["-c", `command -v ${program}`] })
      .output();
    if (!success) return `there is no ${program}; install radosgw, ceph-mon, ceph-osd, ceph-common`;
  }
}

/** A running gateway. */
export class CephGateway implements AsyncDisposable {
  /** Where it listens. */
  readonly endpoint: string;
  readonly #dir: string;
  readonly #cluster: Deno.ChildProcess[] = [];
  #gateway: Deno.ChildProcess | undefined;

  private constructor(dir: string, endpoint: string) {
    this.#dir = dir;
    this.endpoint = endpoint;
  }

  /** Starts a cluster and its gateway. */
  static async start(port: number = freePort()): Promise<CephGateway> {
    const dir = await Deno.makeTempDir({ prefix: "chachaml-ceph-" });
    const gateway = new CephGateway(dir, `http://127.0.0.1:${port}`);
    try {
      await gateway.#startCluster(port);
      await gateway.startGateway();
      await gateway.#run("radosgw-admin", [
        ...["user", "create", "--uid=test", "--display-name=test"],
        ...[`--access-key=${KEYS.accessKeyId}`, `--secret=${KEYS.secretAccessKey}`],
      ]);
      return gateway;
    } catch (error) {
      await gateway[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #startCluster(port: number): Promise<void> {
    const fsid = crypto.randomUUID();
    const [v2, v1] = [freePort(), freePort()];
    for (const name of ["mon", "osd", "log", "rgw"]) await Deno.mkdir(join(this.#dir, name));
    await Deno.writeTextFile(join(this.#dir, "ceph.conf"), configOf(this.#dir, fsid, port, v2, v1));
    const keyring = join(this.#dir, "keyring");
    const monmap = join(this.#dir, "monmap");
    const address = `[v2:127.0.0.1:${v2},v1:127.0.0.1:${v1}]`;
    await this.#run("monmaptool", ["--create", "--fsid", fsid, "--addv", "a", address, monmap]);
    await this.#run("ceph-authtool", ["-C", keyring, "--gen-key", "-n", "mon.", ...ALLOW("mon")]);
    for (const user of ["client.admin", "osd.0", "client.rgw"]) {
      const caps = ["mon", "osd", "mgr"].flatMap(ALLOW);
      await this.#run("ceph-authtool", [keyring, "--gen-key", "-n", user, ...caps]);
    }
    await this.#run("ceph-mon", ["--mkfs", "-i", "a", "--monmap", monmap, "--keyring", keyring]);
    this.#cluster.push(this.#spawn("ceph-mon", ["-f", "-i", "a"]));
    const osd = crypto.randomUUID();
    await this.#run("ceph-osd", ["-i", "0", "--mkfs", "--osd-uuid", osd]);
    await this.#run("ceph", ["osd", "new", osd, "0"]);
    this.#cluster.push(this.#spawn("ceph-osd", ["-f", "-i", "0"]));
  }

  /** Starts the gateway, where it has been stopped. */
  async startGateway(): Promise<void> {
    this.#gateway = this.#spawn("radosgw", ["-f", "-n", "client.rgw"]);
    for (let tries = 0; tries < PATIENCE * 10; tries++) {
      try {
        await (await fetch(this.endpoint)).body?.cancel();
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    throw new Error(`the gateway does not answer; see ${this.#dir}/log`);
  }

  /** Ends the gateway in the middle of whatever it does; the cluster stays. */
  async killGateway(): Promise<void> {
    const gateway = this.#gateway;
    this.#gateway = undefined;
    await end(gateway);
  }

  /** Runs `radosgw-admin`. */
  async admin(...args: string[]): Promise<string> {
    return await this.#run("radosgw-admin", args);
  }

  async #run(program: string, args: readonly string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command(program, {
      args: [...args],
      env: { CEPH_CONF: join(this.#dir, "ceph.conf") },
      stdin: "null",
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    if (!success) throw new Error(`${program} ${args.join(" ")}: ${text(stderr)}`);
    return text(stdout);
  }

  /** A shell that waits for the end of this process's pipe ends the daemon with it. */
  #spawn(program: string, args: readonly string[]): Deno.ChildProcess {
    const script = '"$@" >/dev/null 2>&1 </dev/null & child=$!\n' +
      "(cat; kill -9 $child) >/dev/null 2>&1 <&3 &\nexec 3<&-; wait $child";
    return new Deno.Command("sh", {
      args: ["-c", `exec 3<&0; ${script}`, "sh", program, ...args],
      env: { CEPH_CONF: join(this.#dir, "ceph.conf") },
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.killGateway();
    for (const daemon of this.#cluster.splice(0).reverse()) await end(daemon);
    await Deno.remove(this.#dir, { recursive: true });
  }
}

async function end(daemon: Deno.ChildProcess | undefined): Promise<void> {
  await daemon?.stdin.close().catch(() => {});
  await daemon?.status;
}

function ALLOW(daemon: string): string[] {
  return ["--cap", daemon, "allow *"];
}

/** A port of loopback that nobody has, below those that connections get by themselves. */
export function freePort(): number {
  for (;;) {
    const port = 17_000 + Math.floor(Math.random() * 1000);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

function configOf(dir: string, fsid: string, port: number, v2: number, v1: number): string {
  return `[global]
fsid = ${fsid}
mon host = [v2:127.0.0.1:${v2},v1:127.0.0.1:${v1}]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
public network = 127.0.0.0/8
run dir = ${dir}
admin socket = ${dir}/$name.asok
pid file = ${dir}/$name.pid
log file = ${dir}/log/$name.log
crash dir = ${dir}
keyring = ${dir}/keyring
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 6442450944
mon allow pool size one = true
mon max pg per osd = 1000
auth allow insecure global id reclaim = false
[mon.a]
mon data = ${dir}/mon
[osd.0]
osd data = ${dir}/osd
[client.rgw]
rgw data = ${dir}/rgw
rgw frontends = beast endpoint=127.0.0.1:${port}
rgw dynamic resharding = false
rgw enable gc threads = false
`;
}
