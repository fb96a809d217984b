import re
from pathlib import Path

import pytest

from httpapi.codes import Code, code_for

DOCS = Path(__file__).resolve().parents[2] / "docs" / "api.md"
ROW = re.compile(r"^\| (\d{4,5}) \| (\d{3}) \|", re.MULTILINE)


def test_the_documented_table_is_the_whole_table() -> None:
    documented = [(int(code), int(status)) for code, status in ROW.findall(DOCS.read_text())]
    assert documented == [(int(code), code.status) for code in Code]


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, 1000), (401, 10000), (403, 10001), (404, 1002), (405, 1005), (409, 1003), (413, 1006), (415, 1007),
     (429, 1008), (500, 1009), (503, 1010), (410, 1000), (418, 1000), (502, 1009)],
)  # fmt: skip
def test_every_status_has_a_code(status: int, code: int) -> None:
    assert code_for(status) == code
