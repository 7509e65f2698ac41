"""Inbound webhooks: mappings, their errors by file and line, proofs, and the way over HTTP."""

import hashlib
import hmac
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from ioc_api import hooks_cli
from ioc_api.alertmanager.external_file import ExternalConfig
from ioc_api.hooks import hook_file, mapping, proof
from ioc_api.hooks.hook_file import Hook, HookModel
from ioc_core.db import connect as connect_database
from ioc_core.errors import ConfigErrors, InputError
from tests.api.conftest import Centre
from tests.conftest import CONFIG, ROOT

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
KUMA = {
    "heartbeat": {"monitorID": 7, "status": 0, "msg": "connect ETIMEDOUT"},
    "monitor": {"id": 7, "name": "Cổng", "url": "https://cong.example.vn"},
    "msg": "[Cổng] [🔴 Down] connect ETIMEDOUT",
}
GOOD = {"name": "x", "status": "firing", "alertname": "X", "title": "x"}


def hook(**said: Any) -> Hook:
    return Hook(HookModel.model_validate({**GOOD, **said}), "hooks/x.yaml", 3)


def run(made: Hook, body: Any, **options: Any) -> mapping.Mapped:
    return mapping.mapped(made, body, ExternalConfig(), now=NOW, **options)


def test_uptime_kuma_goes_down_and_comes_back() -> None:
    shipped = hook_file.load(CONFIG)["uptime-kuma"]
    (down,) = run(shipped, KUMA).alerts
    assert (down.rule, down.severity, down.labels) == (
        "UptimeKumaDown",
        2,
        {"monitor": "Cổng", "sent_severity": "high"},
    )
    assert down.annotations["summary"] == "Cổng không truy cập được: connect ETIMEDOUT"
    assert down.details["generator_url"] == "https://cong.example.vn"
    assert down.ends_at == NOW + timedelta(days=1)
    renamed = {**KUMA, "heartbeat": {"status": 1, "msg": "200"}, "monitor": {"id": 7, "name": "Cổng mới"}}
    (up,) = run(shipped, renamed).alerts
    assert (up.fingerprint, up.ends_at) == (down.fingerprint, NOW), "the key is the monitor's number"
    assert run(shipped, {"heartbeat": None, "monitor": None, "msg": "test"}) == mapping.Mapped([], 1)


def test_zabbix_posts_several_events() -> None:
    events = [
        {"value": 1, "trigger": "Disk", "host": "db-1", "severity": "High", "name": "đầy", "event_id": 5},
        {"value": "0", "host": "db-2", "severity": "Average", "name": "đầy", "event_id": 6},
    ]
    first, second = run(hook_file.load(CONFIG)["zabbix"], {"events": events}).alerts
    assert (first.rule, first.severity, first.ends_at > NOW) == ("ZabbixDisk", 2, True)
    assert (second.rule, second.severity, second.ends_at) == ("ZabbixProblem", 3, NOW)


@pytest.mark.parametrize(
    ("said", "body", "why"),
    [
        pytest.param(
            {"title": "{{ body.a.b }}"}, {"a": {}}, "title, item 0: 'dict object' has no attribute 'b'", id="not there"
        ),
        pytest.param(
            {"labels": {"n": "{{ 1 / body.n }}"}}, {"n": 0}, "labels.n, item 0: ZeroDivisionError", id="a wrong sum"
        ),
        pytest.param(
            {"status": "on"}, {}, "status, item 0: must be firing, resolved or ignored, got 'on'", id="status"
        ),
        pytest.param({"each": "body.list"}, {}, "each: body.list isn't there", id="no list"),
        pytest.param({"each": "body.list"}, {"list": "abc"}, "must be a list, got str", id="text instead of a list"),
        pytest.param({"each": "body"}, [{}] * 1001, "1001 alerts, at most 1000", id="too many"),
        pytest.param({"key": "{{ body.k }}"}, {"k": ""}, "key, item 0: must not be empty", id="an empty key"),
        pytest.param(
            {"labels": {"a": "{{ body.a }}"}}, {"a": "x\0"}, "item 0: label a: has a NUL", id="a wrong label"
        ),
        pytest.param({"title": "{{ ''.__class__.__mro__ }}"}, {}, "title, item 0: ", id="a way out of the sandbox"),
    ],
)
def test_what_cannot_be_mapped_is_refused_with_its_place(said: dict[str, Any], body: Any, why: str) -> None:
    with pytest.raises(InputError) as caught:
        run(hook(**said), body)
    assert str(caught.value).startswith("hook x (hooks/x.yaml:3):")
    assert why in str(caught.value)


def test_a_scope_holds() -> None:
    made = hook(labels={"unit": "{{ body.unit }}"})
    assert len(run(made, {"unit": "22015"}, units=frozenset({"22015"})).alerts) == 1
    with pytest.raises(InputError, match="scope"):
        run(made, {"unit": "24133"}, units=frozenset({"22015"}))


FILE = """
hooks:
  - name: a
    status: firing
    alertname: "{{ item.x"
    title: "{{ headers.x }}"
    each: "body."
  - name: a
    token_env: A
    signature: {header: X, secret_env: B}
    status: firing
    alertname: A
    title: a
  - name: B C
    status: firing
    alertname: A
    title: a
    labels: {severity: "1"}
"""


def test_a_wrong_file_is_refused_with_every_line(tmp_path: Path) -> None:
    (tmp_path / "hooks").mkdir()
    (tmp_path / "hooks" / "x.yaml").write_text(dedent(FILE), encoding="utf-8")
    with pytest.raises(ConfigErrors) as shape:
        hook_file.load(tmp_path)
    assert [error.line for error in shape.value.errors] == [8, 14]
    good = FILE[: FILE.index("  - name: B C")].replace("    signature: {header: X, secret_env: B}\n", "")
    (tmp_path / "hooks" / "x.yaml").write_text(dedent(good), encoding="utf-8")
    with pytest.raises(ConfigErrors) as caught:
        hook_file.load(tmp_path)
    said = [(error.line, error.what.split()[0], error.reason) for error in caught.value.errors]
    assert [entry[:2] for entry in said] == [
        (5, "hooks[0].alertname"), (6, "hooks[0].title"), (7, "hooks[0].each"), (8, "hooks[1].name"),
    ]  # fmt: skip
    assert said[1][2] == "unknown name headers: there are body and item"
    assert hook_file.load(tmp_path / "nowhere") == {}
    with pytest.raises(ValidationError, match="labels can't say severity"):
        hook(labels={"severity": "1"})


SIGNED = hook(signature={"header": "X-Hub-Signature-256", "secret_env": "S", "prefix": "sha256="}).model
RIGHT = "sha256=" + hmac.new(b"geheim", b"{}", hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("model", "headers", "bearer", "environment", "expected"),
    [
        pytest.param(
            hook(token_env="T").model, {"x-hook-token": "t"}, None, {"T": "t"}, True, id="a token in its header"
        ),
        pytest.param(hook(token_env="T").model, {}, "t", {"T": "t"}, True, id="a bearer token"),
        pytest.param(hook(token_env="T").model, {"x-hook-token": "u"}, None, {"T": "t"}, "proof", id="a wrong token"),
        pytest.param(hook(token_env="T").model, {}, None, {"T": "t"}, "proof", id="no token"),
        pytest.param(hook(token_env="T").model, {}, "", {}, "disabled", id="its variable isn't set"),
        pytest.param(SIGNED, {"x-hub-signature-256": RIGHT}, None, {"S": "geheim"}, True, id="signed"),
        pytest.param(
            SIGNED, {"x-hub-signature-256": RIGHT[7:]}, None, {"S": "geheim"}, "proof", id="without the prefix"
        ),
        pytest.param(SIGNED, {"x-hub-signature-256": RIGHT}, None, {"S": "other"}, "proof", id="by another secret"),
        pytest.param(hook().model, {}, None, {}, False, id="it asks for a token of ours"),
    ],
)
def test_proofs(
    model: HookModel, headers: dict[str, str], bearer: str | None, environment: dict[str, str], expected: bool | str
) -> None:
    if isinstance(expected, bool):
        assert proof.check(model, headers, bearer, b"{}", environment) is expected
        return
    with pytest.raises(InputError) as caught:
        proof.check(model, headers, bearer, b"{}", environment)
    assert caught.value.reason == expected


async def test_a_posted_body_is_stored_as_an_external_alert(api: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    token = {"X-Hook-Token": "ein-zeichen"}
    async with httpx.AsyncClient(base_url=f"{api.url}/api/v1/hooks", timeout=20) as http:
        assert (await http.post("/uptime-kuma", json=KUMA, headers=token)).status_code == 503
        monkeypatch.setenv("IOC_HOOK_UPTIME_KUMA_TOKEN", "ein-zeichen")
        assert (await http.post("/uptime-kuma", json=KUMA)).status_code == 401
        assert (await http.post("/nothing", json=KUMA, headers=token)).status_code == 404
        assert (await http.post("/uptime-kuma", content=b"{", headers=token)).status_code == 400
        wrong = await http.post("/uptime-kuma", json={"heartbeat": {"status": 0}}, headers=token)
        assert wrong.status_code == 422
        assert re.search(r"hook uptime-kuma \(.*examples.yaml:\d+\): .*monitor", wrong.json()["detail"])
        large = await http.post("/uptime-kuma", content=b" " * (2 << 20), headers=token)
        assert large.status_code == 413
        answer = await http.post("/uptime-kuma", json=KUMA, headers=token)
    assert (answer.status_code, answer.json()) == (200, {"alerts": 1, "ignored": 0})
    connection = await connect_database(api.dsn, application="test")
    row = await connection.fetchrow("SELECT rule, waiting FROM external_alerts WHERE rule = 'UptimeKumaDown'")
    await connection.close()
    assert row is not None
    assert tuple(row) == ("UptimeKumaDown", True)


def test_the_command_tries_a_saved_body(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOC_CONFIG_DIR", str(CONFIG))
    body = tmp_path / "body.json"
    body.write_text(json.dumps(KUMA), encoding="utf-8")
    tried = CliRunner().invoke(hooks_cli.app, ["try", "uptime-kuma", str(body)])
    assert tried.exit_code == 0, tried.output
    assert tried.output.startswith("P2 UptimeKumaDown: firing until ")
    assert "  label monitor: Cổng\n" in tried.output
    assert tried.output.endswith("1 alerts, 0 ignored\n")
    checked = CliRunner().invoke(hooks_cli.app, ["check"])
    assert "uptime-kuma\t" in checked.output
    unknown = CliRunner().invoke(hooks_cli.app, ["try", "none", str(body)])
    assert "there is no hook none; there are: uptime-kuma, zabbix" in str(unknown.exception)


def test_every_key_is_documented() -> None:
    page = (ROOT / "docs" / "ecosystem.md").read_text(encoding="utf-8")
    described = set(re.findall(r"`([a-z_]+)`", page))
    assert set(HookModel.model_fields) | set(hook_file.SignatureModel.model_fields) <= described
