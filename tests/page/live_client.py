"""Logs a run by MLflow's client, a stage for each line of standard input."""
import os
import sys
import tempfile

import mlflow

mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_experiment("live")
with mlflow.start_run(run_name="from-mlflow") as run:
    print(run.info.run_id, flush=True)
    mlflow.log_param("lr", 0.1)
    step = 0
    for line in sys.stdin:
        if line.strip() == "metrics":
            for _ in range(10):
                mlflow.log_metric("loss", 100 - step, step=step)
                step += 1
        elif line.strip() == "artifact":
            path = os.path.join(tempfile.mkdtemp(), "notes.txt")
            with open(path, "w") as file:
                file.write("written live")
            mlflow.log_artifact(path)
            mlflow.set_tag("stage", "late")
        print("done", flush=True)
