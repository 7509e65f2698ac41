"""Reads config/wall.yaml: the headline numbers of the wall and their limits."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ioc_core import yaml_source
from ioc_core.errors import ConfigErrors
from ioc_core.live import Severity

TileId = Literal["received_today", "processing", "overdue", "on_time_month", "systems_up", "security_24h"]
TILE_IDS: tuple[TileId, ...] = (
    "received_today",
    "processing",
    "overdue",
    "on_time_month",
    "systems_up",
    "security_24h",
)


class TileConfig(BaseModel):
    """How one number is shown, and when it is abnormal."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: TileId
    label: Annotated[str, Field(min_length=1, max_length=80)]
    unit: Annotated[str, Field(max_length=40)] = ""
    decimals: Annotated[int, Field(ge=0, le=3)] = 0
    limit: Annotated[str, Field(max_length=80)] = ""
    abnormal: Literal["above", "below", "never"] = "never"
    levels: dict[Severity, float] = {}
    stale_after: Annotated[float, Field(gt=0)] = 120.0
    working_time_only: bool = False

    def severity(self, measured: float | None) -> Severity | None:
        """Return the worst severity whose level `measured` reaches; None when it is normal or not measured."""
        if measured is None or self.abnormal == "never":
            return None
        for severity in sorted(self.levels):
            level = self.levels[severity]
            if measured >= level if self.abnormal == "above" else measured < level:
                return severity
        return None


class WallConfig(BaseModel):
    """The whole of config/wall.yaml; documented there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tiles: list[TileConfig]
    serious_security_severity: Annotated[int, Field(ge=0, le=100)] = 70
    late_share: Annotated[float, Field(gt=0, le=1)] = 0.8


def load(config_dir: Path) -> WallConfig:
    """Return the configuration of the wall.

    Raises:
        ConfigErrors: a wrong line, a number missing or there twice.
    """
    source = yaml_source.load(config_dir / "wall.yaml")
    config = yaml_source.validate(WallConfig, source)
    wrong = []
    seen: set[str] = set()
    for index, tile in enumerate(config.tiles):
        place = ("tiles", index)
        if tile.id in seen:
            wrong.append(source.error((*place, "id"), "stands here twice"))
        seen.add(tile.id)
        if (tile.abnormal == "never") != (not tile.levels):
            wrong.append(source.error((*place, "abnormal"), "levels and abnormal (above, below) belong together"))
        worst_first = [tile.levels[severity] for severity in sorted(tile.levels)]
        if worst_first != sorted(worst_first, reverse=tile.abnormal == "above"):
            wrong.append(source.error((*place, "levels"), "a worse severity must be farther from normal"))
    missing = [tile_id for tile_id in TILE_IDS if tile_id not in seen]
    if missing:
        wrong.append(source.error(("tiles",), f"missing: {', '.join(missing)}"))
    if wrong:
        raise ConfigErrors(wrong)
    return config
