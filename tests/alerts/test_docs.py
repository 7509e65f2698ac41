"""docs/rules.md and docs/channels.md say everything there is."""

import re

import pytest

from alerts.channels import CHANNELS
from alerts.rule_file import load_rules
from alerts.rule_model import AnnotationsModel, GroupModel, RuleModel
from alerts.rule_tests.model import (
    CheckModel,
    EvaluationModel,
    EventModel,
    OverrideModel,
    RuleFilesModel,
    SeriesModel,
    SilenceModel,
    SourceModel,
)
from alerts.templates import Templates
from alerts.texts import PARTS
from alerts.texts.source import names
from alerts.views import VIEWS
from ioc_core.db import Pool
from tests.alerts.messages import message
from tests.alerts.night import ZONE
from tests.alerts.test_rule_file import TEMPLATES
from tests.conftest import CONFIG, ROOT

RULES_PAGE = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
CHANNELS_PAGE = (ROOT / "docs" / "channels.md").read_text(encoding="utf-8")


def section(page: str, heading: str) -> str:
    """The text under a heading of any level."""
    found = re.search(rf"^#+ {re.escape(heading)}\b.*?(?=^#|\Z)", page, re.MULTILINE | re.DOTALL)
    assert found, f"no section {heading}"
    return found[0]


@pytest.mark.parametrize("view", [view for view in VIEWS if view.startswith("v_")])
async def test_every_column_of_every_view_is_described(alert_pool: Pool, view: str) -> None:
    rows = await alert_pool.fetch(
        "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0", view
    )
    assert rows
    described = set(re.findall(r"`([a-z_]+)`", section(RULES_PAGE, view)))
    assert {row["attname"] for row in rows} <= described


async def test_every_view_that_rules_may_read_is_documented_and_the_other_way_round(alert_pool: Pool) -> None:
    granted = await alert_pool.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'p')"
        " AND has_table_privilege('ioc_rules', oid, 'SELECT')"
    )
    assert {row["relname"] for row in granted} == set(VIEWS)


def test_every_key_of_a_rule_is_described() -> None:
    keys = {field.alias or name for model in (RuleModel, GroupModel) for name, field in model.model_fields.items()}
    keys |= set(AnnotationsModel.model_fields)
    assert keys - {"name", "rules"} <= set(re.findall(r"`([a-z_]+)`", section(RULES_PAGE, "A rule") + RULES_PAGE))


def test_everything_that_a_rule_test_may_say_is_described() -> None:
    models = (
        EventModel,
        SeriesModel,
        SourceModel,
        SilenceModel,
        OverrideModel,
        RuleFilesModel,
        EvaluationModel,
        CheckModel,
    )
    said = {name for model in models for name in model.model_fields} - {"unit", "system"}
    assert said <= set(re.findall(r"[a-z_]+", section(RULES_PAGE, "Testing rules")))


def test_every_filter_is_described() -> None:
    own = set(Templates.filters(ZONE))
    assert own <= set(re.findall(r"`([a-z_]+)`", section(RULES_PAGE, "Annotations")))


def test_every_shipped_rule_is_listed_with_no_other() -> None:
    listed = re.findall(r"^\| `([A-Za-z]+)`", section(RULES_PAGE, "Shipped rules"), re.MULTILINE)
    assert sorted(listed) == sorted(rule.alert for rule in load_rules(CONFIG, TEMPLATES))


@pytest.mark.parametrize("kind", sorted(CHANNELS))
def test_every_key_of_a_channel_is_described(kind: str) -> None:
    common = section(CHANNELS_PAGE, "Keys of every channel")
    described = set(re.findall(r"`([a-z_]+)`", section(CHANNELS_PAGE, kind) + common))
    keys = {field.alias or name for name, field in CHANNELS[kind].model.model_fields.items()} - {"type", "signature"}
    assert keys <= described


def test_every_part_of_a_message_and_every_name_in_it_is_described() -> None:
    described = set(re.findall(r"`([a-z_-]+)`", section(CHANNELS_PAGE, "Texts")))
    told = names(message(), "vi", lambda at: at)
    assert {*PARTS, *told, "title", "url"} <= described
