"""numpy is the only numerical library at run time; statsmodels, scipy and river only answer in tests (make oracles)."""

from __future__ import annotations

import ast
import sys

from packaging.requirements import Requirement

from tests.tree import files, packages, pyproject, text_of

NUMERICAL = frozenset(
    """
    numpy scipy pandas statsmodels river scikit-learn sklearn numba polars pyarrow xarray torch jax tensorflow arch
    filterpy pykalman sympy patsy cvxpy bottleneck numexpr
    """.split()
)


def imported(package: str) -> set[str]:
    """Return the top-level names that the modules of a package import, wherever they do it."""
    found: set[str] = set()
    for file in (file for file in files(".py") if file.parts[0] == package):
        for node in ast.walk(ast.parse(text_of(file))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.split(".")[0])
    return found


def test_numpy_is_the_only_numerical_dependency() -> None:
    assert {Requirement(line).name.lower() for line in pyproject()["project"]["dependencies"]} & NUMERICAL == {"numpy"}


def test_no_program_imports_another() -> None:
    assert {(package, name) for package in packages() for name in imported(package) & NUMERICAL - {"numpy"}} == set()


def test_the_families_need_numpy_at_most_and_the_fleets_own_words() -> None:
    assert imported("strategies") - {*sys.stdlib_module_names, *packages()} <= {"numpy", "msgspec"}


def test_the_oracles_are_named_apart_from_what_is_installed_always() -> None:
    extras = pyproject()["project"]["optional-dependencies"]
    oracles = {Requirement(line).name for line in extras["oracles"]}
    assert oracles == {"scipy", "statsmodels", "river"}
    assert not oracles & {Requirement(line).name for line in extras["dev"]}
