"""Who resolved what in 2020: procedures by unit with their weights. Departments had other names and tasks then."""

from collections.abc import Mapping
from types import MappingProxyType

DEPARTMENT_PROCEDURES: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "STP": {"2.000488": 9.0, "1.002010": 0.5},
        "SKHDT": {"2.001610": 0.5, "2.001583": 3.0, "2.002043": 1.5, "2.002041": 6.0, "1.009645": 0.3},
        "STNMT": {"1.012784": 7.0, "1.012756": 16.0, "1.010727": 0.8, "1.004122": 0.3},
        "SXD": {"1.013239": 1.0},
        "SGTVT": {"1.002809": 15.0, "1.000703": 4.0},
        "SLDTBXH": {"1.014199": 1.0, "1.014748": 9.0},
        "SGDDT": {"1.005092": 2.0, "2.001914": 0.5},
        "SYT": {"1.004616": 2.0, "1.004593": 1.0},
        "SNNPTNT": {"2.001827": 1.5, "1.004363": 0.5, "1.001686": 0.5},
        "SCT": {"2.000033": 4.0, "2.000004": 1.0},
        "SVHTTDL": {"1.001029": 0.4, "2.001628": 0.3, "1.004623": 0.5, "1.004650": 0.8},
        "STTTT": {"1.003868": 0.4},
        "SKHCN": {"1.001786": 0.2},
        "SNGV": {"2.002311": 0.2},
        "BQLKCN": {"1.009645": 0.3},
    }
)
"""Of each department the procedures that it resolved, and how often they were asked for."""

LOCAL_PROCEDURES: Mapping[str, float] = MappingProxyType(
    {
        "1.012753": 42.0, "1.001776": 8.0, "1.001612": 7.0, "1.013225": 6.0, "2.000635": 6.0, "2.000815": 8.0,
        "2.000884": 4.0, "1.001731": 5.0, "1.011607": 4.0, "1.010803": 4.0, "1.004859": 4.0, "2.000720": 3.0,
        "1.004873": 3.0, "1.001699": 3.0, "1.001193": 3.0, "1.001570": 2.0, "1.001266": 2.0, "1.013227": 1.0,
        "3.000182": 1.0,
    }
)  # fmt: skip
"""How often a procedure was asked for at districts and communes; land comes first. Others weigh `OTHER_WEIGHT`."""

OTHER_WEIGHT = 0.3

LOCAL_SIZES: Mapping[str, float] = MappingProxyType(
    {"643": 2.9, "644": 1.1, "645": 1.0, "646": 0.6, "647": 0.55, "648": 1.35, "649": 0.55, "650": 0.95, "651": 1.15,
     "652": 0.6, "653": 0.7, "654": 1.5, "655": 0.75, "656": 0.6, "657": 0.9}
)  # fmt: skip
"""How large a district is beside the others, about as its population."""

DISTRICT_SIZE = 1.0
COMMUNE_SIZE = 0.08
"""Of districts that aren't named above, and of communes."""
