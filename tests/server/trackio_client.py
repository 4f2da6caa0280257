"""What scripts do with trackio, against a server of the store. Prints a line of JSON at the end."""
import json
import os
import sys

import numpy as np
import trackio
import trackio as wandb

url = sys.argv[1]

run = trackio.init(
    project="digits",
    name="first",
    config={"lr": 0.1, "layers": [64, 10], "opt": {"name": "adam"}},
    server_url=url,
    auto_log_cpu=False,
    auto_log_gpu=False,
)
for step in range(5):
    trackio.log({"loss": 1 / (step + 1), "val": {"acc": step / 10}, "ok": True})
trackio.log({"loss": float("nan"), "note": "last"}, step=7)
trackio.log_system({"cpu": 0.5})
trackio.alert("diverged", text="loss is not a number", level=trackio.AlertLevel.WARN)
trackio.log({"image": trackio.Image(np.zeros((4, 4, 3), dtype=np.uint8)), "loss": 0.125}, step=8)
with open("weights.bin", "wb") as file:
    file.write(os.urandom(100_000))
artifact = trackio.Artifact("weights", type="model")
artifact.add_file("weights.bin")
logged = trackio.log_artifact(artifact)
trackio.finish()

run = trackio.init(
    project="digits",
    name="first",
    resume="must",
    server_url=url,
    auto_log_cpu=False,
    auto_log_gpu=False,
)
trackio.log({"loss": 0.01})
trackio.finish()

wandb.init(project="digits", name="second", config={"lr": 0.2}, server_url=url)
wandb.log({"loss": 0.5})
wandb.finish()

print(json.dumps({"ok": True}))
