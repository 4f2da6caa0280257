"""Flows of the real MLflow client against a server. Usage: mlflow_client.py URI FLOW..."""

import json
import math
import os
import sys
import tempfile
import threading

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException

uri, *flows = sys.argv[1:]
mlflow.set_tracking_uri(uri)
client = MlflowClient(uri)


def code_of(call):
    try:
        call()
    except MlflowException as error:
        return error.error_code
    return None


def experiments():
    eid = client.create_experiment("exp-a", tags={"team": "α β"})
    assert code_of(lambda: client.create_experiment("exp-a")) == "RESOURCE_ALREADY_EXISTS"
    exp = client.get_experiment(eid)
    assert (exp.name, exp.tags["team"], exp.lifecycle_stage) == ("exp-a", "α β", "active")
    assert client.get_experiment_by_name("nope") is None
    assert client.get_experiment("0").name == "Default"
    client.rename_experiment(eid, "exp-b")
    assert client.get_experiment_by_name("exp-b").experiment_id == eid
    client.set_experiment_tag(eid, "k", "v")
    client.delete_experiment(eid)
    assert client.get_experiment(eid).lifecycle_stage == "deleted"
    assert [e.name for e in client.search_experiments()] == ["Default"]
    client.restore_experiment(eid)
    for i in range(5):
        client.create_experiment(f"pg-{i}", tags={"i": str(i)})
    names, token = [], None
    while True:
        page = client.search_experiments(
            filter_string="name LIKE 'pg-%'", order_by=["name DESC"], max_results=2, page_token=token
        )
        names += [e.name for e in page]
        token = page.token
        if not token:
            break
    assert names == [f"pg-{i}" for i in (4, 3, 2, 1, 0)], names
    found = client.search_experiments(filter_string="tags.i = '3'")
    assert [e.name for e in found] == ["pg-3"]


def fluent():
    mlflow.set_experiment("fluent")
    with mlflow.start_run(run_name="parent", description="a *note*") as parent:
        mlflow.log_params({"lr": 0.1, "opt": "adam", "empty": ""})
        for step in range(20):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metrics({"nan": math.nan, "inf": math.inf, "ninf": -math.inf})
        mlflow.set_tags({"owner": "ana", "a.b/c": "x"})
        mlflow.log_dict({"a": 1}, "conf/a.json")
        mlflow.log_text("hello", "notes/hello.txt")
        mlflow.log_text("hello again", "notes/hello.txt")
        with mlflow.start_run(run_name="child", nested=True) as child:
            mlflow.log_metric("loss", 3)
    run = client.get_run(parent.info.run_id)
    assert run.info.status == "FINISHED" and run.info.end_time >= run.info.start_time
    assert run.data.params == {"lr": "0.1", "opt": "adam", "empty": ""}, run.data.params
    assert run.data.metrics["loss"] == 0.05
    assert math.isnan(run.data.metrics["nan"]) and run.data.metrics["inf"] > 1e300
    assert run.data.metrics["ninf"] < -1e300
    assert run.data.tags["mlflow.note.content"] == "a *note*"
    assert run.data.tags["owner"] == "ana" and run.info.run_name == "parent"
    got = client.get_run(child.info.run_id)
    assert got.data.tags["mlflow.parentRunId"] == parent.info.run_id
    history = client.get_metric_history(parent.info.run_id, "loss")
    assert [m.step for m in history] == list(range(20))
    assert mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/notes/hello.txt") == "hello again"
    assert mlflow.artifacts.load_dict(f"runs:/{run.info.run_id}/conf/a.json") == {"a": 1}
    assert [f.path for f in client.list_artifacts(run.info.run_id)] == ["conf", "notes"]
    (entry,) = client.list_artifacts(run.info.run_id, "notes")
    assert (entry.path, entry.is_dir, entry.file_size) == ("notes/hello.txt", False, 11)
    with mlflow.start_run(run_id=parent.info.run_id):
        mlflow.log_metric("loss", 0.01, step=20)
    assert client.get_run(parent.info.run_id).data.metrics["loss"] == 0.01
    try:
        with mlflow.start_run() as failing:
            raise ValueError("no")
    except ValueError:
        pass
    assert client.get_run(failing.info.run_id).info.status == "FAILED"
    frame = mlflow.search_runs(experiment_names=["fluent"], filter_string="metrics.loss < 0.02")
    assert list(frame["tags.mlflow.runName"]) == ["parent"]
    assert frame["params.lr"][0] == "0.1"


def runs():
    eid = client.create_experiment("runs")
    run = client.create_run(eid, start_time=1000, tags={"mlflow.runName": "named"}, run_name="named")
    rid = run.info.run_id
    assert (run.info.status, run.info.start_time, run.info.run_name) == ("RUNNING", 1000, "named")
    client.log_param(rid, "a", "1")
    client.log_param(rid, "a", "1")
    assert code_of(lambda: client.log_param(rid, "a", "2")) == "INVALID_PARAMETER_VALUE"
    client.log_batch(
        rid,
        [Metric("m", i / 7, 1000 + i, i) for i in range(1000)],
    )
    client.log_batch(rid, [], [Param("b", "x" * 7000)], [RunTag("t", "v")])
    assert len(client.get_run(rid).data.params["b"]) == 6000
    bad = lambda: client.log_batch(rid, params=[Param("c", "1"), Param("a", "3")])
    assert code_of(bad) == "INVALID_PARAMETER_VALUE"
    assert "c" not in client.get_run(rid).data.params
    client.log_metric(rid, "m", 5.0, timestamp=1, step=2**53 - 1)
    assert client.get_run(rid).data.metrics["m"] == 5.0
    client.log_metric(rid, "neg", 1.0, step=-3)
    assert client.get_metric_history(rid, "neg")[0].step == -3
    client.set_tag(rid, "gone", "x")
    client.delete_tag(rid, "gone")
    assert code_of(lambda: client.delete_tag(rid, "gone")) == "RESOURCE_DOES_NOT_EXIST"
    client.update_run(rid, name="other")
    client.set_terminated(rid, "KILLED", end_time=2000)
    got = client.get_run(rid).info
    assert (got.status, got.end_time, got.run_name) == ("KILLED", 2000, "other")
    client.delete_run(rid)
    assert client.get_run(rid).info.lifecycle_stage == "deleted"
    assert client.search_runs([eid]) == []
    assert len(client.search_runs([eid], run_view_type=2)) == 1
    client.restore_run(rid)
    assert client.get_run(rid).info.status == "KILLED"
    assert code_of(lambda: client.get_run("0" * 32)) == "RESOURCE_DOES_NOT_EXIST"


def search():
    eid = client.create_experiment("search")
    ids = []
    for i in range(12):
        run = client.create_run(eid, start_time=1000 + i, run_name=f"run-{i:02}")
        ids.append(run.info.run_id)
        metrics = [Metric("acc", 0.1 * i, 1, 0), Metric("acc", 0.1 * i + 0.05, 2, 1)]
        if i == 3:
            metrics.append(Metric("nan", math.nan, 1, 0))
        if i < 6:
            metrics.append(Metric("val loss", float(i), 1, 0))
        tags = [RunTag("grp", "even" if i % 2 == 0 else "odd"), RunTag("a.b", "z")]
        params = [Param("lr", str(i)), Param("model", "Rf" if i < 4 else "svm")]
        client.log_batch(run.info.run_id, metrics, params, tags)

    def names(filter="", order=None, **rest):
        return [r.info.run_name[-2:] for r in client.search_runs([eid], filter, order_by=order, **rest)]

    everything = [f"{i:02}" for i in range(12)]
    assert names() == everything[::-1]
    assert names(order=["metrics.acc ASC"]) == everything
    assert names("metrics.acc > 0.9", ["metrics.acc"]) == ["09", "10", "11"]
    assert names("params.lr = '3'") == ["03"]
    assert names("params.model LIKE 'R%' AND tags.grp = 'even'", ["start_time"]) == ["00", "02"]
    assert names("params.model ILIKE 'r%'", ["start_time"]) == ["00", "01", "02", "03"]
    assert names("params.model != 'Rf'", ["start_time ASC"]) == everything[4:]
    assert names("tags.`a.b` = 'z' and attributes.run_name = 'run-07'") == ["07"]
    assert names("metrics.`val loss` >= 4", ["start_time"]) == ["04", "05"]
    assert names(order=["metrics.`val loss` DESC"]) == ["05", "04", "03", "02", "01", "00"] + everything[:5:-1]
    assert names("metrics.nan != 1") == ["03"] and names("metrics.nan > 0") == []
    assert names(f"run_id IN ('{ids[1]}', '{ids[2]}')", ["run_name"]) == ["01", "02"]
    assert names("tags.nosuch IS NULL AND start_time < 1002", ["start_time"]) == ["00", "01"]
    assert names("status = 'RUNNING' and attributes.start_time >= 1010", ["start_time"]) == ["10", "11"]
    for filter in ("metrics.acc ~ 1", "params.lr > 3", "nosuch = 'x'", "metrics.acc > 'x'", "params.a = 1 OR x"):
        assert code_of(lambda: names(filter)) == "INVALID_PARAMETER_VALUE", filter
    assert code_of(lambda: names(order=["metrics.acc", "metrics.acc DESC"])) == "INVALID_PARAMETER_VALUE"
    pages, token = [], None
    while True:
        page = client.search_runs([eid], max_results=5, page_token=token, order_by=["start_time DESC"])
        pages.append([r.info.run_name[-2:] for r in page])
        client.create_run(eid, start_time=9999, run_name="late-99")
        token = page.token
        if not token:
            break
    assert sum(pages, []) == everything[::-1], pages


def artifacts():
    eid = mlflow.set_experiment("artifacts").experiment_id
    rid = client.create_run(eid).info.run_id
    with tempfile.TemporaryDirectory() as directory:
        os.makedirs(f"{directory}/deep/er")
        for name, text in {"a.txt": "a", "deep/b.bin": "b" * 100_000, "deep/er/c d é.txt": "c"}.items():
            with open(f"{directory}/{name}", "w") as file:
                file.write(text)
        client.log_artifacts(rid, directory, "data")
        client.log_artifact(rid, f"{directory}/a.txt")
    assert [f.path for f in client.list_artifacts(rid)] == ["a.txt", "data"]
    assert [f.path for f in client.list_artifacts(rid, "data/deep")] == ["data/deep/b.bin", "data/deep/er"]
    assert client.list_artifacts(rid, "nosuch") == []
    with tempfile.TemporaryDirectory() as directory:
        local = client.download_artifacts(rid, "data", directory)
        with open(f"{local}/deep/er/c d é.txt") as file:
            assert file.read() == "c"
        assert os.path.getsize(f"{local}/deep/b.bin") == 100_000
    try:
        client.download_artifacts(rid, "nosuch.txt")
        raise AssertionError("it was there")
    except MlflowException:
        pass
    big = os.urandom(5_000_000)
    with tempfile.TemporaryDirectory() as directory:
        with open(f"{directory}/big.bin", "wb") as file:
            file.write(big)
        client.log_artifact(rid, f"{directory}/big.bin")
        with open(client.download_artifacts(rid, "big.bin", directory), "rb") as file:
            assert file.read() == big
    mlflow.log_table({"x": [1, 2]}, "table.json", run_id=rid)
    mlflow.log_table({"x": [3]}, "table.json", run_id=rid)
    assert list(mlflow.load_table("table.json", run_ids=[rid])["x"]) == [1, 2, 3]


def sklearn():
    import numpy as np
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 4)), rng.integers(0, 2, 60)
    mlflow.set_experiment("autolog")
    mlflow.sklearn.autolog()
    with mlflow.start_run() as run:
        GridSearchCV(RandomForestClassifier(n_estimators=3), {"max_depth": [1, 2]}, cv=2).fit(x, y)
    mlflow.sklearn.autolog(disable=True)
    data = client.get_run(run.info.run_id)
    assert data.data.params["cv"] == "2" and "best_cv_score" in data.data.metrics
    assert data.inputs.dataset_inputs[0].dataset.digest
    assert len(mlflow.search_logged_models(output_format="list")) >= 1
    model = LogisticRegression().fit(x, y)
    with mlflow.start_run():
        info = mlflow.sklearn.log_model(
            model, name="clf", input_example=x[:2], registered_model_name="reg model", params={"C": 1}
        )
        mlflow.log_metric("acc", 0.9, step=1, model_id=info.model_id)
    loaded = mlflow.sklearn.load_model(info.model_uri)
    assert (loaded.predict(x) == model.predict(x)).all()
    (found,) = mlflow.search_logged_models(filter_string="metrics.acc > 0.5", output_format="list")
    assert found.model_id == info.model_id and found.params["C"] == "1"
    client.set_registered_model_alias("reg model", "champion", 1)
    assert (mlflow.pyfunc.load_model("models:/reg model@champion").predict(x) == model.predict(x)).all()
    assert (mlflow.sklearn.load_model("models:/reg model/1").predict(x) == model.predict(x)).all()
    client.set_logged_model_tags(info.model_id, {"stage": "dev"})
    client.delete_logged_model_tag(info.model_id, "stage")
    external = mlflow.create_external_model(name="external", params={"p": "1"})
    assert client.get_logged_model(external.model_id).params == {"p": "1"}
    client.delete_logged_model(external.model_id)
    assert code_of(lambda: client.get_logged_model(external.model_id)) == "RESOURCE_DOES_NOT_EXIST"


def registry():
    eid = client.create_experiment("registry")
    rid = client.create_run(eid).info.run_id
    client.log_text(rid, "flavors: {}", "model/MLmodel")
    name = "my model"
    client.create_registered_model(name, tags={"t": "1"}, description="desc")
    assert code_of(lambda: client.create_registered_model(name)) == "RESOURCE_ALREADY_EXISTS"
    source = f"runs:/{rid}/model"
    versions = [client.create_model_version(name, source, rid).version for _ in range(3)]
    assert [int(v) for v in versions] == [1, 2, 3]
    client.delete_model_version(name, "3")
    assert int(client.create_model_version(name, source, rid).version) == 4
    client.update_model_version(name, "1", "vdesc")
    client.set_model_version_tag(name, "1", "a", "b")
    assert client.get_model_version(name, "1").tags == {"a": "b"}
    client.delete_model_version_tag(name, "1", "a")
    for version in ("1", "2"):
        client.transition_model_version_stage(name, version, "Production")
    both = client.search_model_versions(f"name = '{name}'")
    assert sorted(int(v.version) for v in both if v.current_stage == "Production") == [1, 2]
    assert client.get_model_version(name, "1").current_stage == "Production"
    client.transition_model_version_stage(name, "2", "production", archive_existing_versions=True)
    assert client.get_model_version(name, "1").current_stage == "Archived"
    bad = lambda: client.transition_model_version_stage(name, "1", "Nope")
    assert code_of(bad) == "INVALID_PARAMETER_VALUE"
    client.set_registered_model_alias(name, "champ", "2")
    assert client.get_model_version_by_alias(name, "champ").version in ("2", 2)
    client.delete_registered_model_alias(name, "champ")
    assert code_of(lambda: client.get_model_version_by_alias(name, "champ")) == "INVALID_PARAMETER_VALUE"
    client.rename_registered_model(name, "renamed")
    model = client.get_registered_model("renamed")
    assert (model.description, model.tags) == ("desc", {"t": "1"})
    assert client.get_model_version_download_uri("renamed", "2").endswith(f"/{rid}/artifacts/model")
    for i in range(3):
        client.create_registered_model(f"pm-{i}", tags={"g": "x"})
    assert [m.name for m in client.search_registered_models("name LIKE 'pm-%'")] == ["pm-0", "pm-1", "pm-2"]
    assert [m.name for m in client.search_registered_models("tags.g = 'x'", max_results=2)] == ["pm-0", "pm-1"]
    for source in ("file:///etc/passwd", "/etc", "http://a.b/c", f"runs:/{rid}/../x", f"runs:/{rid}/model#x"):
        bad = lambda: client._get_registry_client().store.create_model_version("renamed", source)
        assert code_of(bad) == "INVALID_PARAMETER_VALUE", source
    copy = client.copy_model_version("models:/renamed/2", "copy")
    assert copy.name == "copy"
    client.delete_registered_model("renamed")
    assert code_of(lambda: client.get_registered_model("renamed")) == "RESOURCE_DOES_NOT_EXIST"
    prompt = mlflow.genai.register_prompt(name="greet", template="Hi {{name}}")
    assert mlflow.genai.load_prompt("prompts:/greet/1").template == prompt.template
    assert "greet" not in [m.name for m in client.search_registered_models()]


def together():
    eid = client.create_experiment("together")
    rid = client.create_run(eid).info.run_id
    failures = []

    def work(n):
        try:
            for step in range(40):
                client.log_metric(rid, f"m{n}", step, step=step)
            client.log_text(rid, str(n), f"t/{n}.txt")
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures
    for n in range(8):
        assert len(client.get_metric_history(rid, f"m{n}")) == 40
    assert len(client.list_artifacts(rid, "t")) == 8
    mlflow.set_experiment("together")
    mlflow.set_system_metrics_sampling_interval(1)
    with mlflow.start_run(log_system_metrics=True) as run:
        import time

        time.sleep(2.5)
    assert any(k.startswith("system/") for k in client.get_run(run.info.run_id).data.metrics)


def traces():
    experiment = mlflow.set_experiment("traced")

    @mlflow.trace
    def inner(x):
        return x + 1

    @mlflow.trace
    def outer(x):
        return inner(x) * 2

    assert outer(3) == 8
    mlflow.flush_trace_async_logging()
    found = mlflow.search_traces(
        locations=[experiment.experiment_id],
        filter_string="attributes.status = 'OK'",
        return_type="list",
    )
    assert len(found) == 1, found
    assert sorted(span.name for span in found[0].data.spans) == ["inner", "outer"]
    trace_id = found[0].info.trace_id
    mlflow.set_trace_tag(trace_id, "k", "v")
    mlflow.log_feedback(trace_id=trace_id, name="good", value=True)
    trace = mlflow.get_trace(trace_id)
    assert trace.info.tags["k"] == "v"
    assert trace.info.assessments[0].name == "good"
    assert len(trace.data.spans) == 2
    old = trace.info.assessments[0].assessment_id
    new = mlflow.override_feedback(trace_id=trace_id, assessment_id=old, value=False)
    assert mlflow.get_assessment(trace_id, old).valid is False
    assert mlflow.get_assessment(trace_id, new.assessment_id).value is False
    mlflow.delete_assessment(trace_id=trace_id, assessment_id=new.assessment_id)
    assert mlflow.get_assessment(trace_id, old).valid is not False
    mlflow.log_expectation(trace_id=trace_id, name="want", value={"x": [1, 2]})

    with mlflow.start_run() as run:
        inner(1)
        mlflow.flush_trace_async_logging()
    ids = [experiment.experiment_id]

    def find(text, **more):
        return [
            t.info.trace_id
            for t in mlflow.search_traces(
                locations=ids, filter_string=text, return_type="list", include_spans=False, **more
            )
        ]

    of_run = find(f"attributes.run_id = '{run.info.run_id}'")
    assert len(of_run) == 1 and of_run != [trace_id], of_run
    client.link_traces_to_run([trace_id], run.info.run_id)
    assert set(find(f"attributes.run_id = '{run.info.run_id}'")) == {trace_id, *of_run}
    assert find("feedback.good = 'true'") == [trace_id]
    assert find("metadata.`mlflow.sourceRun` IS NOT NULL") == of_run
    assert find("tag.k = 'trace.v'") == []
    oldest = find("", order_by=["timestamp_ms ASC"])
    assert oldest == find("", order_by=["timestamp_ms DESC"])[::-1] == [trace_id, *of_run]
    assert set(find("", order_by=["execution_time_ms DESC"])) == set(oldest)
    infos = client._tracking_client.store.batch_get_trace_infos(oldest)
    assert [info.trace_id for info in infos] == oldest
    assert client.delete_traces(experiment.experiment_id, trace_ids=[trace_id]) == 1
    assert client.delete_traces(experiment.experiment_id, max_timestamp_millis=2**52) == 1


def datasets():
    from mlflow.genai import datasets as genai

    experiment = mlflow.set_experiment("evaluated")
    eid = experiment.experiment_id
    made = genai.create_dataset(name="qa", experiment_id=[eid], tags={"team": "α"})
    assert made.experiment_ids == [eid] and made.tags["team"] == "α"
    made.merge_records(
        [
            {"inputs": {"q": "a", "n": 1.0}, "expectations": {"answer": "x"}},
            {"inputs": {"q": "b", "n": 9007199254740993}, "tags": {"t": "1"}},
        ]
    )
    made.merge_records([{"inputs": {"n": 1.0, "q": "a"}, "expectations": {"more": 2}}])
    got = genai.get_dataset(dataset_id=made.dataset_id)
    frame = got.to_df()
    assert len(frame) == 2, frame
    first = frame[frame.inputs.map(lambda i: i["q"] == "a")].iloc[0]
    assert first.expectations == {"answer": "x", "more": 2}
    assert type(first.inputs["n"]) is float
    assert frame.iloc[1].inputs["n"] == 9007199254740993
    assert json.loads(got.profile)["num_records"] == 2
    assert json.loads(got.schema)["inputs"] == {"q": "string", "n": "float"}
    genai.set_dataset_tags(dataset_id=made.dataset_id, tags={"k": "v"})
    genai.delete_dataset_tag(dataset_id=made.dataset_id, key="team")
    assert genai.get_dataset(dataset_id=made.dataset_id).tags == {
        "k": "v",
        **{k: v for k, v in got.tags.items() if k == "mlflow.user"},
    }
    found = genai.search_datasets(experiment_ids=[eid], filter_string="tags.k = 'v' AND name LIKE 'q%'")
    assert [d.dataset_id for d in found] == [made.dataset_id]
    assert list(genai.search_datasets(experiment_ids=["0"])) == []
    other = client.create_experiment("evaluated-2")
    genai.add_dataset_to_experiments(dataset_id=made.dataset_id, experiment_ids=[other])
    assert set(genai.get_dataset(dataset_id=made.dataset_id).experiment_ids) == {eid, other}
    genai.remove_dataset_from_experiments(dataset_id=made.dataset_id, experiment_ids=[eid])
    assert client._tracking_client.store.get_dataset_experiment_ids(made.dataset_id) == [other]
    assert got.delete_records([frame.iloc[1].dataset_record_id]) == 1
    assert len(genai.get_dataset(dataset_id=made.dataset_id).to_df()) == 1
    many = [{"inputs": {"i": i}} for i in range(2500)]
    got.merge_records(many)
    records = genai.get_dataset(dataset_id=made.dataset_id).to_df()
    assert len(records) == 2501
    genai.delete_dataset(dataset_id=made.dataset_id)
    missing = code_of(lambda: client._tracking_client.store.get_dataset(made.dataset_id))
    assert missing == "RESOURCE_DOES_NOT_EXIST", missing


def scorers():
    store = client._tracking_client.store
    eid = client.create_experiment("scored")
    versions = [store.register_scorer(eid, "s", json.dumps({"v": v})) for v in (1, 2)]
    assert [v.scorer_version for v in versions] == [1, 2]
    assert versions[0].scorer_id == versions[1].scorer_id
    assert [s.scorer_version for s in store.list_scorers(eid)] == [2]
    assert [s.scorer_version for s in store.list_scorer_versions(eid, "s")] == [1, 2]
    assert store.get_scorer(eid, "s", 1)._serialized_scorer == '{"v": 1}'
    store.delete_scorer(eid, "s", 2)
    assert store.register_scorer(eid, "s", "{}").scorer_version == 3
    store.delete_scorer(eid, "s")
    assert code_of(lambda: store.get_scorer(eid, "s")) == "RESOURCE_DOES_NOT_EXIST"


def prompts():
    prompt = mlflow.genai.register_prompt(name="welcome", template="Hi {{name}}", tags={"a": "b"})
    assert prompt.version == 1
    mlflow.genai.register_prompt(name="welcome", template="Hello {{name}}")
    mlflow.genai.set_prompt_alias("welcome", alias="best", version=1)
    loaded = mlflow.genai.load_prompt("prompts:/welcome@best")
    assert loaded.format(name="Ana") == "Hi Ana"
    assert "welcome" in [p.name for p in mlflow.genai.search_prompts()]
    assert [m.name for m in client.search_registered_models() if m.name == "welcome"] == []

    @mlflow.trace
    def answer():
        return mlflow.genai.load_prompt("prompts:/welcome/2").format(name="Bo")

    mlflow.set_experiment("prompted")
    assert answer() == "Hello Bo"
    mlflow.flush_trace_async_logging()


def evaluation():
    """`mlflow.genai.evaluate` with scorers of the client."""
    from mlflow.genai.scorers import scorer

    mlflow.set_experiment("judged")

    @scorer
    def exact(outputs, expectations):
        return outputs == expectations["answer"]

    result = mlflow.genai.evaluate(
        data=[
            {"inputs": {"q": "1+1"}, "expectations": {"answer": "2"}},
            {"inputs": {"q": "1+2"}, "expectations": {"answer": "4"}},
        ],
        predict_fn=lambda q: str(eval(q)),
        scorers=[exact],
    )
    assert result.metrics["exact/mean"] == 0.5, result.metrics
    traces = mlflow.search_traces(run_id=result.run_id, return_type="list")
    assert len(traces) == 2
    assert {a.name for t in traces for a in t.info.assessments} >= {"exact"}


def unsupported():
    """What the server leaves out is refused at once, with an error of the protocol."""
    store = client._tracking_client.store
    for call in (
        lambda: store.create_issue("0", "n", "d", "open"),
        lambda: store.get_label_schema("x"),
        lambda: store.list_review_queues("0"),
        lambda: client.create_webhook("w", "https://x.example/", ["registered_model.created"]),
        lambda: store.get_online_scoring_configs(["x"]),
        lambda: store.calculate_trace_filter_correlation(["0"], "a = 'b'", "c = 'd'"),
    ):
        assert code_of(call) == "ENDPOINT_NOT_FOUND", call


def endpoints():
    """Every path of MLflow's own server is answered in JSON, and nothing of it by a server error."""
    import re
    import urllib.error
    import urllib.request

    from mlflow.server.handlers import get_endpoints

    wrong = []
    for path, _, methods in get_endpoints():
        path = re.sub(r"<[^>]+>", "no-such", path)
        for method in set(methods) - {"HEAD", "OPTIONS"}:
            body = None if method == "GET" else b"{}"
            request = urllib.request.Request(uri + path, data=body, method=method)
            request.add_header("Content-Type", "application/json")
            try:
                with urllib.request.urlopen(request) as answer:
                    status, text, kind = answer.status, answer.read(), answer.headers["content-type"]
            except urllib.error.HTTPError as error:
                status, text, kind = error.code, error.read(), error.headers["content-type"]
            proxied = "mlflow-artifacts/" in path and status == 501
            try:
                fine = status == 200 or isinstance(json.loads(text)["error_code"], str)
            except (ValueError, KeyError):
                fine = False
            if not fine or status >= 500 and not proxied or not kind.startswith("application/json"):
                wrong.append((method, path, status, text[:200]))
    assert not wrong, "\n".join(map(str, wrong))


import traceback  # noqa: E402

for flow in flows:
    try:
        globals()[flow]()
        print(json.dumps({"flow": flow, "ok": True}), flush=True)
    except BaseException:  # noqa: BLE001
        print(json.dumps({"flow": flow, "ok": False, "error": traceback.format_exc()}), flush=True)
