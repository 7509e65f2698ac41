"""Texts of messages: languages, an operator's own, faults by line, and limits that nothing gets past."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jinja2 import TemplateError
from typer.testing import CliRunner

from alerts.cli import app
from alerts.texts import LANGUAGES, PARTS, TextFault, Texts
from alerts.texts.preview import preview
from alerts.texts.sample import sample
from alerts.texts.sandbox import LimitedEnvironment, TooMuchError, render
from alerts.texts.source import Language
from tests.alerts.messages import alert, message
from tests.alerts.night import ZONE

NOW = datetime(2026, 11, 20, 20, tzinfo=UTC)


def texts(folder: Path, **files: str) -> Texts:
    """Texts with these files of an operator's (`__` in a name is a dot, `_` a dash)."""
    (folder / "templates").mkdir(exist_ok=True)
    for name, source in files.items():
        path = folder / "templates" / (name.replace("__", ".").replace("_", "-") + ".j2")
        path.write_text(source, encoding="utf-8")
    return Texts(ZONE, folder)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", PARTS)
def test_every_shipped_text_says_what_happened(part: str, language: Language) -> None:
    bare = alert(3, annotations={"summary": "bare <x>"})
    for told in (
        message(alert(1), alert(2, status="resolved", ends_at=NOW), bare, links={"ack": "https://a.vn/a/x"}),
        message(bare, console_url=""),
        message(alert(1, status="resolved", ends_at=NOW), status="resolved"),
        message(*(alert(number) for number in range(100)), reason="repeat", truncated_alerts=4),
        sample(NOW, receiver="x", alerts=5),
    ):
        text = Texts(ZONE).write(part, told, language)
        assert text
        if part in {"mail-html", "telegram"}:
            assert "<iGate>" not in text and "<x>" not in text


def test_english_is_english() -> None:
    told = message(alert(1), alert(2, status="resolved"), reason="returned")
    assert Texts(ZONE).title(told, "en") == (
        "[P1 · NOBODY HAS IT] Một cửa điện tử <iGate> không truy cập được (and 1 more)"
    )
    over = message(alert(1, status="resolved"), status="resolved")
    assert Texts(ZONE).title(over, "en") == "[RESOLVED] Một cửa điện tử <iGate> không truy cập được"


def test_the_nearest_of_an_operators_files_counts(tmp_path: Path) -> None:
    own = texts(
        tmp_path, text="all", text__en="all in English", short__text="short", short__sms__en="short in English"
    )
    told = message()
    assert own.write("text", told) == "all"
    assert own.write("text", told, "en") == "all in English"
    assert own.write("text", told, "en", "short") == "short"
    assert own.write("sms", told, "en", "short") == "short in English"
    assert own.write("sms", told, "vi", "short") == told.title


def test_an_own_subject_is_the_title_everywhere_and_is_escaped_in_html(tmp_path: Path) -> None:
    own = texts(
        tmp_path, subject="Tỉnh: <{{ message.rule_count | default(message.firing) }}>", telegram="<b>{{ title }}</b>"
    )
    assert own.write("sms", message()) == "Tỉnh: <1>"
    assert own.write("telegram", message()) == "<b>Tỉnh: &lt;1&gt;</b>"


def test_a_shipped_text_can_be_included(tmp_path: Path) -> None:
    own = texts(tmp_path, telegram='{% include "shipped/telegram.vi.j2" %}\n<i>Trung tâm điều hành</i>')
    assert own.write("telegram", message()).endswith("</a>\n<i>Trung tâm điều hành</i>")


@pytest.mark.parametrize(
    ("source", "line", "reason"),
    [
        ("a\n{% if %}", 2, "Expected an expression"),
        ("a\n\n{{ mesage.title }}", 3, "'mesage' is undefined"),
        ("{{ title }}\n{{ message.severity + 'x' }}", 2, "TypeError"),
        ("{{ title | upcase }}", 1, "No filter named 'upcase'"),
        ("{% include '../routes.yaml' %}", 1, "there is no template"),
        ("{{ message.__class__ }}", 1, "access to attribute '__class__'"),
        ("a\n{% for x in range(99999) %}{% for y in range(99999) %}{% endfor %}{% endfor %}", 2, "turns of its loops"),
    ],
)
def test_a_fault_is_named_by_line_and_the_shipped_text_goes_out(
    tmp_path: Path, source: str, line: int, reason: str
) -> None:
    own = texts(tmp_path, sms=source)
    with pytest.raises(TextFault) as caught:
        own.render("sms.j2", message(), "vi", "title")
    assert caught.value.file == str(tmp_path / "templates" / "sms.j2")
    assert caught.value.line in {line, None}
    assert reason in caught.value.reason
    assert own.write("sms", message()) == message().title
    assert [fault.file for fault in own.check(NOW)] == [caught.value.file]


def test_the_check_finds_what_only_some_messages_bring_out_and_files_for_nothing(tmp_path: Path) -> None:
    source = "{% for alert in message.alerts %}\n{{ alert.annotations.description }}\n{% endfor %}"
    faults = texts(tmp_path, text=source, nonsense="x", mail_text="{{ title }}").check(NOW)
    assert [(Path(fault.file).name, fault.line) for fault in faults] == [("nonsense.j2", None), ("text.j2", 2)]
    assert "is for no part" in faults[0].reason


def growing(expression: str, start: str = "'xxxxxxxxxx'") -> str:
    """A template that replaces `n.s` by `expression` a hundred times."""
    loop = "{% for i in range(99) %}{% set n.s = " + expression + " %}{% endfor %}"
    return "{% set n = namespace(s=" + start + ") %}" + loop


HOGS = {
    "loops in loops": "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
    "a macro that calls itself": "{% macro m(n) %}{{ m(n) }}{{ m(n) }}{% endmacro %}{{ m(1) }}",
    "doubling by ~": growing("n.s ~ n.s"),
    "doubling by +": growing("n.s + n.s"),
    "doubling by join": growing("[n.s, n.s] | join"),
    "doubling by replace": growing("n.s | replace('x', n.s)"),
    "doubling lists": growing("n.s + n.s", "[1]"),
    "large numbers": growing("n.s * n.s", "99999999999"),
    "times": "{{ 'x' * 999999999 }}",
    "powers": "{{ 9 ** 9 ** 9 }}",
    "a width in %": "{{ '%999999999d' % 1 }}",
    "a width in a format": "{{ '{:999999999}'.format(1) }}",
    "a wide line": "{{ 'x'.ljust(999999999) }}",
    "a centred line": "{{ 'x' | center(999999999) }}",
    "a deep indent": "{{ 'x' | indent(999999999, true) }}",
    "a long batch": "{{ [1] | batch(999999999, 0) | list }}",
    "a method by a filter": "{{ 'x' | attr('center') (999999999) }}",
    "long output": "{% for a in range(40000) %}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx{% endfor %}",
    "placeholder text": "{{ lipsum(n=99999) }}",
}


@pytest.mark.parametrize("source", HOGS.values(), ids=HOGS)
def test_nothing_takes_long_or_grows_large(source: str) -> None:
    begun = time.thread_time()
    with pytest.raises((TooMuchError, TemplateError, RecursionError)):
        render(LimitedEnvironment().from_string(source), {})
    assert time.thread_time() - begun < 2


def test_limits_are_for_each_rendering() -> None:
    template = LimitedEnvironment().from_string(
        "{% for a in range(30000) %}{% endfor %}{{ 2 * 3 }}-{{ 'a' ~ (1 + 2) }}"
    )
    assert [render(template, {}) for _ in range(3)] == ["6-a3"] * 3


def shown(own: Texts, what: str, *, language: Language = "vi", template: str | None = None) -> str:
    """The preview of `what`."""
    return preview(own, what, sample(NOW, receiver="x", alerts=3), language, template)


def test_a_preview_shows_a_part_or_a_file(tmp_path: Path) -> None:
    own = texts(tmp_path, short__sms__en="{{ title }}!", telegram="T {{ title }}", subject="S")
    assert shown(own, "telegram") == "T S"
    assert shown(own, "short.sms.en.j2") == shown(own, "short.sms.en") == "S!"
    assert shown(own, "sms", language="en", template="short") == "S!"
    assert shown(own, "subject") == "S"
    assert shown(own, "speech").startswith("Cảnh báo mức 3")


def test_a_preview_passes_over_no_fault(tmp_path: Path) -> None:
    own = texts(tmp_path, sms="a\n{{ b }}", nonsense="x")
    with pytest.raises(TextFault, match=r"sms\.j2:2: 'b' is undefined"):
        shown(own, "sms")
    with pytest.raises(TextFault, match="is for no part"):
        shown(own, "nonsense.j2")
    with pytest.raises(TextFault, match=r"is no part \(subject, .*\) and no file \(nonsense.j2, sms.j2\)"):
        shown(own, "pigeon")


def test_the_command_prints_it_and_fails_with_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts(tmp_path, sms="{{ title }}\n{% if %}")
    monkeypatch.setenv("IOC_CONFIG_DIR", str(tmp_path))
    done = CliRunner().invoke(app, ["preview-template", "text", "--language", "en", "--alerts", "2"])
    assert done.exit_code == 0, done.output
    assert done.output.startswith("[TEST] Tin thử")
    failed = CliRunner().invoke(app, ["preview-template", "sms"])
    assert isinstance(failed.exception, TextFault)
    assert str(failed.exception).startswith(f"{tmp_path}/templates/sms.j2:2: Expected an expression")
