"""The house rules that a linter does not know: sizes, words, message structs, what may be committed ("tidy").

Each test lists every place that breaks its rule, as `file:line what`, so that one run tells all there is to mend.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING

import pytest

import hft.control
import hft.messages
from hft.events import Event
from hft.messages import Message
from tests.tree import ROOT, files, packages, pyproject, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import msgspec

pytestmark = pytest.mark.timeout(300)  # the first parses every file: a minute on a machine that is busy
MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
FILE_BYTES_MAX = 300_000
SAMPLE_BYTES_MAX = 20_000

# Written in two halves, so that this file does not break the rules it keeps.
UNFINISHED = re.compile(
    "|".join(
        ("TO" + "DO", "FIX" + "ME", "HA" + "CK", r"\bfor" + r" now(?=[.,;:)!]|$| we| only)", "place" + "holder(?!=)")
    )
)
DRAWERS = frozenset({"util", "utils", "helper", "helpers", "manager", "managers", "common", "misc"})
DRAWER_CLASS = re.compile(r"(Manager|Helper|Utils?)\Z")
REGISTRY_HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("anaconda", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("docker", "io"),
        ("ghcr", "io"),
    )
)
PERSONAL_PATH = re.compile(r"/(?:ro" + r"ot|Us" + r"ers)/|/ho" + r"me/(?!hft\b)\w")
RECORDINGS = (".gz", ".parquet", ".feather", ".npy", ".npz", ".pkl", ".db", ".sqlite", ".zip", ".whl", ".log")
SAMPLES = (".csv", ".jsonl")
BARE_IGNORE = re.compile(r"#\s*(?:type:\s*ignore(?!\[)|noqa(?!: ))")
IGNORE = re.compile(r"#\s*(?:type:\s*ignore\[[\w, -]+\]|noqa: [A-Z]+\d+(?:,\s*[A-Z]+\d+)*)(?P<reason>.*)")
REASON_CHARS_MIN = 4
WAITING = "tests/waiting.py"


@cache
def tree_of(file: Path) -> ast.Module:
    return ast.parse(text_of(file), filename=str(file))


def functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function without its docstring and decorators."""
    assert function.end_lineno is not None
    lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function) is None:
        return lines
    docstring = function.body[0]
    assert docstring.end_lineno is not None
    return lines - (docstring.end_lineno - docstring.lineno + 1)


def is_text(file: Path) -> bool:
    return b"\0" not in (ROOT / file).read_bytes()[:4096]


def lines_with(pattern: re.Pattern[str], chosen: tuple[Path, ...]) -> list[str]:
    return [
        f"{file}:{number} {line.strip()}"
        for file in chosen
        if is_text(file)
        for number, line in enumerate(text_of(file).splitlines(), 1)
        if pattern.search(line)
    ]


def tell(broken: list[str], rule: str) -> None:
    """Fail with the rule and every place that breaks it."""
    assert not broken, "\n  ".join((rule, *broken))


def test_a_module_fits_in_400_lines() -> None:
    long = [(file, len(text_of(file).splitlines())) for file in files(".py")]
    tell(
        [f"{file}: {lines} lines" for file, lines in long if lines > MODULE_LINES_MAX],
        "Look for the second idea in these files and give it a module of its own:",
    )


def test_a_function_fits_on_a_screen_of_70_lines() -> None:
    tell(
        [
            f"{file}:{function.lineno} {function.name}: {length_of(function)} lines"
            for file in files(".py")
            for function in functions(file)
            if length_of(function) > FUNCTION_LINES_MAX
        ],
        "Let the branches stay and move the straight-line pieces out under good names:",
    )


def test_every_module_says_what_it_is_for() -> None:
    tell(
        [f"{file}" for file in files(".py") if text_of(file).strip() and not ast.get_docstring(tree_of(file))],
        "These modules need a docstring: what for, and which rule it keeps:",
    )


def test_nothing_is_marked_unfinished() -> None:
    tell(lines_with(UNFINISHED, files()), "Finish it, or open an issue and take the mark out:")


def test_there_is_no_drawer_for_odds_and_ends() -> None:
    modules = [f"{file}" for file in files(".py") if DRAWERS & {file.stem, *file.parts[:-1]}]
    classes = [
        f"{file}:{node.lineno} class {node.name}"
        for file in files(".py")
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.ClassDef) and DRAWER_CLASS.search(node.name)
    ]
    tell(modules + classes, "Name these for the one thing they do:")


def test_every_ignored_rule_carries_its_code_and_its_reason() -> None:
    short = [
        f"{file}:{number} {line.strip()}"
        for file in files(".py")
        if file.name != "test_architecture.py"
        for number, line in enumerate(text_of(file).splitlines(), 1)
        if (BARE_IGNORE.search(line))
        or ((found := IGNORE.search(line)) and len(found["reason"].strip(" #-:")) < REASON_CHARS_MIN)
    ]
    tell(short, "Write `# noqa: CODE the reason` or `# type: ignore[code]  # the reason`:")


def test_only_tests_waiting_ever_sleeps_in_a_test() -> None:
    def sleeps(file: Path) -> Iterator[int]:
        for node in ast.walk(tree_of(file)):
            if not isinstance(node, ast.Call) or getattr(node.func, "attr", getattr(node.func, "id", "")) != "sleep":
                continue
            if [ast.unparse(length) for length in node.args] != ["0"]:  # sleep(0) only lets others have their turn
                yield node.lineno

    tell(
        [
            f"{file}:{line}"
            for file in files(".py")
            if file.parts[0] == "tests" and str(file) != WAITING
            for line in sleeps(file)
        ],
        f"A sleep hides a race: wait for the condition itself with until() of {WAITING}:",
    )


def test_every_folder_of_tests_is_a_package() -> None:
    """Without the top one pytest puts tests/ on the path, and `import strategies` finds tests/strategies."""
    folders = {parent for file in files(".py") if file.parts[0] == "tests" for parent in file.parents[:-1]}
    tell(
        [
            f"{folder}/__init__.py is missing"
            for folder in sorted(folders)
            if not (ROOT / folder / "__init__.py").is_file()
        ],
        "Add:",
    )


def test_every_package_is_checked_and_shipped() -> None:
    tool = pyproject()["tool"]
    lists: dict[str, set[str]] = {
        "tool.importlinter.root_packages": set(tool["importlinter"]["root_packages"]),
        "tool.mypy.packages": set(tool["mypy"]["packages"]) - {"tests", "bench"},
        "tool.hatch.build.targets.wheel.packages": set(tool["hatch"]["build"]["targets"]["wheel"]["packages"]),
    }
    for place, listed in lists.items():
        assert listed == set(packages()), f"{place} in pyproject.toml does not list the top-level folders"


def descendants(struct: type[msgspec.Struct]) -> list[type[msgspec.Struct]]:
    return [found for child in struct.__subclasses__() for found in (child, *descendants(child))]


CONVENTIONS: dict[str, Callable[[type[msgspec.Struct]], bool]] = {
    "frozen": lambda struct: struct.__struct_config__.frozen,
    "array_like": lambda struct: struct.__struct_config__.array_like,
    "gc=False": lambda struct: not struct.__struct_config__.gc,
    "tagged with its own name": lambda struct: struct.__struct_config__.tag == struct.__name__,
    "forbid_unknown_fields": lambda struct: struct.__struct_config__.forbid_unknown_fields,
}


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_every_message_on_the_wire_is(convention: str) -> None:
    structs = descendants(Message)
    assert {hft.messages.Quote, hft.control.Flatten} <= set(structs)
    tell(
        [f"{struct.__module__}.{struct.__name__}" for struct in structs if not CONVENTIONS[convention](struct)],
        f"Messages are structs that are {convention}:",
    )


def test_every_event_is_frozen_and_named_noun_dot_verb() -> None:
    tell(
        [
            f"{event.__module__}.{event.__name__}"
            for event in descendants(Event)
            if not event.__struct_config__.frozen
            or not re.fullmatch(r"[a-z]+\.[a-z_]+", str(event.__struct_config__.tag))
        ],
        "Events are frozen and their names read noun.verb:",
    )


def test_nothing_names_a_package_registry() -> None:
    hosts = re.compile("|".join(map(re.escape, REGISTRY_HOSTS)) + r"|--(?:extra-)?index" + "-url|--find" + "-links")
    tell(lines_with(hosts, files()), "Which registry serves the packages is the machine's business:")


def test_nothing_names_the_machine_it_was_written_on() -> None:
    here = re.compile("|".join(re.escape(f"{place}/") for place in (ROOT, ROOT.parent / "shared")))
    broken = lines_with(PERSONAL_PATH, files()) + lines_with(here, files())
    tell(broken, "Paths are relative to the root, the home or the user's own folders:")


def test_no_recorded_data_is_committed() -> None:
    tell(
        [
            f"{file}: {(ROOT / file).stat().st_size} bytes"
            for file in files()
            if file.suffix in RECORDINGS
            or (ROOT / file).stat().st_size > FILE_BYTES_MAX
            or (
                file.suffix in SAMPLES and (file.parts[0] != "tests" or (ROOT / file).stat().st_size > SAMPLE_BYTES_MAX)
            )
        ],
        "Recordings stay outside; a made-up sample in tests/ is small:",
    )
