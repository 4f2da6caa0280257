"""Does the work of bench/teams.ts by MLflow's own client: prints "name seconds" lines.

Arguments: runs, points, files, MiB, directory with the files, large file.
"""
import sys, tempfile, time
import mlflow
from mlflow.entities import Metric
from mlflow.tracking import MlflowClient

runs, points, directory, large = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
client = MlflowClient()
experiment = client.create_experiment(f"bench {time.time()}")


def measure(name, work):
    start = time.perf_counter()
    result = work()
    print(name, time.perf_counter() - start, flush=True)
    return result


def many_runs():
    for at in range(runs):
        run = client.create_run(experiment).info.run_id
        stamp = int(time.time() * 1000)
        client.log_batch(
            run,
            metrics=[Metric(f"m{n}", at * 7919 % 1000 + n, stamp, 0) for n in range(5)],
            params=[mlflow.entities.Param(f"p{n}", str(at)) for n in range(5)],
        )
        client.log_text(run, "x" * 1000, "a.txt")
        client.set_terminated(run)
    return run


run = measure("runs", many_runs)


def many_points():
    for at in range(0, points, 1000):
        batch = [Metric("loss", 1 / (n + 1), 1_700_000_000_000 + n, n) for n in range(at, min(at + 1000, points))]
        client.log_batch(run, metrics=batch)


measure("points", many_points)
measure("sort", lambda: [client.search_runs([experiment], order_by=["metrics.m1 DESC"], max_results=100) for _ in range(10)])
measure("files", lambda: client.log_artifacts(run, directory, "files"))
measure("up", lambda: client.log_artifact(run, large))
with tempfile.TemporaryDirectory() as to:
    measure("down", lambda: client.download_artifacts(run, large.split("/")[-1], to))
