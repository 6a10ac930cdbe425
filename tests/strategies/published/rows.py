"""What the strategies reference says, table by table: the number, and how far ours may be from it."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """One number of the reference; `within` is absolute, in the number's own unit."""

    name: str
    published: float
    within: float


def rows(text: str) -> tuple[Row, ...]:
    """Return the rows of a table written as lines `name | published | within`; `within` may be a share (`2.5%`)."""
    cells = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return tuple(Row(name, float(value), _width(within, abs(float(value)))) for name, value, within in cells)


def _width(text: str, of: float) -> float:
    return float(text[:-1]) / 100 * of if text.endswith("%") else float(text)


def maker_rows() -> tuple[Row, ...]:
    """Return AS-2008's six rows twice: against 5 × 20,000 paths of the reference, and the paper's 1,000 paths."""
    found = []
    for line in AVELLANEDA_STOIKOV.strip().splitlines():
        name, reference, paper = (cell.strip() for cell in line.split("|"))
        mean_q_within = 0.6 if "inventory" in name else 1.0
        for who, values, widths in (
            ("", reference, ("0.002", "0.5", "2.5%", "0.3", "2.5%")),
            (", paper", paper, ("0.015", "1.5", "10%", str(mean_q_within), "7%")),
        ):
            for what, value, within in zip(MAKER_COLUMNS, values.split(), widths, strict=True):
                found.append(Row(f"{name} {what}{who}", float(value), _width(within, float(value))))
    return tuple(found)


def lead_rows() -> tuple[Row, ...]:
    """Return table 4.2's made-up pairs: 20 seeds a delay; the tolerances are what 20 other seeds may differ by."""
    widths = (0.025, 0.02, 0.04, 0.01, 0.012, 0.03, 0.0)
    found = []
    for line in LEADS.strip().splitlines():
        delay, *values = line.split()
        for what, value, within in zip(LEAD_COLUMNS, values, widths, strict=True):
            found.append(Row(f"{delay} s {what}", float(value), within or float(value) * 0.08))
    return tuple(found)


MAKER_COLUMNS = ("spread", "profit", "profit sd", "final q", "final q sd")
AVELLANEDA_STOIKOV = """
    γ 0.1 inventory  | 1.4918 64.86 6.52 0.01 2.92  | 1.49 65.0 6.6 0.08 2.9
    γ 0.1 symmetric  | 1.4918 68.21 13.46 0.02 8.40 | 1.49 68.4 12.7 0.26 8.4
    γ 0.01 inventory | 1.3490 68.35 8.92 0.01 5.21  | 1.35 68.6 8.7 0.12 5.1
    γ 0.01 symmetric | 1.3490 68.65 13.68 0.03 8.71 | 1.35 68.8 12.8 0.09 8.7
    γ 1 inventory    | 3.0317 31.44 4.83 0.00 1.64  | 3.02 31.4 5.0 0.02 1.7
    γ 1 symmetric    | 3.0317 43.70 10.72 0.00 5.17 | 3.02 44.0 11.0 0.00 5.1
"""
LEAD_COLUMNS = ("mean", "sd", "max error", "ρ at max", "ρ at 0", "previous tick ρ", "LLR")
LEADS = """
    0.0 0.004 0.031 0.06 0.802 0.801 0.280 1.00
    0.1 0.107 0.036 0.08 0.802 0.796 0.278 1.16
    0.5 0.510 0.038 0.10 0.802 0.728 0.235 2.05
    1.0 1.005 0.038 0.08 0.799 0.586 0.151 3.95
"""

TABLES: dict[str, tuple[Row, ...]] = {
    "1.2 volatility, cents per √s": rows("""
        AAPL 1 s  | 3.53 | 0.02
        AAPL 60 s | 3.60 | 0.10
        AMZN 1 s  | 1.98 | 0.02
        AMZN 60 s | 2.12 | 0.10
    """),
    "1.3 fair value, bps": rows("""
        raw IEX mid, median                  | 18.9 | 2%
        raw IEX mid, p75                     | 113  | 2%
        raw IEX mid, p95                     | 128  | 2%
        last IEX trade, median               | 1.33 | 2%
        last IEX trade, p75                  | 3.5  | 2%
        last IEX trade, p95                  | 9.6  | 2%
        filter without clipping, median      | 1.28 | 2%
        filter without clipping, p75         | 3.4  | 2%
        filter without clipping, p95         | 9.2  | 2%
        filter, median                       | 1.09 | 2%
        filter, p75                          | 2.8  | 2%
        filter, p95                          | 7.3  | 2%
        filter, mean of (error/S)²           | 1.04 | 0.01
        filter, p95 where S < 1 bps          | 2.0  | 0.1
    """),
    "1.4 order flow at 10 s": rows("""
        AMZN R² of flow         | 0.53 | 0.02
        AMZN R² of trades       | 0.36 | 0.02
        AMZN λ                  | 1.06 | 0.02
        AMZN β × depth          | 0.79 | 0.02
        AAPL R² of flow         | 0.51 | 0.02
        AAPL R² of trades       | 0.34 | 0.02
        AAPL λ                  | 0.96 | 0.02
        AAPL β × depth          | 0.86 | 0.02
    """),
    "2.3 mean reversion": rows("""
        κ 20 over 5 years, mean of κ             | 20.86   | 0.06
        κ 20 over 5 years, bias of b             | -0.0031 | 0.0002
        κ 20 over 5 years, bias of b corrected   | -0.0001 | 0.0002
        κ 5 over 5 years, mean of κ              | 5.86    | 0.04
        κ 8.4, 60 samples, mean of κ             | 29.98   | 0.5
        κ 8.4, 60 samples, median of κ           | 24.98   | 0.5
        κ 8.4, 60 samples, median corrected      | 7.46    | 0.5
        κ 8.4, 60 samples, share b ≥ 1           | 0.013   | 0.004
        random walk, 60 samples, median of κ     | 18.5    | 0.6
        random walk, 60 samples, share κ > 8.4   | 0.78    | 0.01
        random walk, 60 samples, share b ≥ 1     | 0.046   | 0.006
        random walk, 200 samples, half-life      | 32      | 4%
        random walk, 200 samples, half-life 5 %  | 9.9     | 4%
        random walk, 390 samples, half-life      | 63      | 4%
        random walk, 390 samples, half-life 5 %  | 19.5    | 4%
        random walk, 1000 samples, half-life     | 163     | 4%
        random walk, 1000 samples, half-life 5 % | 50      | 4%
        first passage from 1.25 to 0             | 1.056   | 0.0005
        first passage from 2 to 0                | 1.425   | 0.0005
        first passage from 3 to 0                | 1.782   | 0.0005
        first passage from 1.25 to 0.5           | 0.532   | 0.0005
        first passage from 2 to 0.5              | 0.902   | 0.0005
        first passage from 3 to 0.5              | 1.259   | 0.0005
    """),
    "2.3 Engle-Granger, 390 samples": rows("""
        critical value at 5 %   | -3.3519 | 0.00005
        rejects at ρ 1          | 0.06    | 0.03
        rejects at ρ 0.98       | 0.14    | 0.03
        rejects at ρ 0.95       | 0.65    | 0.03
        rejects at ρ 0.90       | 0.997   | 0.03
    """),
    "2.4 Kalman's trap": rows("""
        q 0        | 0.87 | 0.12
        memory 201 | 0.69 | 0.09
        memory 21  | 0.39 | 0.05
        memory 3   | 0.15 | 0.022
    """),
    "3.2 one call": rows("""
        reservation price | 98.0    | 1e-9
        spread at t = 0   | 1.69077 | 0.00001
    """),
    "3.2 Avellaneda-Stoikov": maker_rows(),
    "3.2 the trap, 1 - exp(-λ dt)": rows("""
        γ 0.1 inventory profit  | 57.2 | 0.5
        γ 0.01 inventory profit | 60.3 | 0.5
        γ 1 inventory profit    | 28.2 | 0.5
    """),
    "3.3 Guéant-Lehalle-Fernandez-Tapia": rows("""
        c1                       | 3.278982 | 0.0000005
        c2                       | 0.067866 | 0.0000005
        η                        | 0.325678 | 0.0000005
        q 0 exact                | 3.31305  | 0.00001
        q 0 closed               | 3.31292  | 0.00001
        q 5 exact                | 3.65348  | 0.00001
        q 5 closed               | 3.65224  | 0.00001
        q 10 exact               | 3.99293  | 0.00001
        q 10 closed              | 3.99157  | 0.00001
        q -10 exact              | 2.63280  | 0.00001
        q -10 closed             | 2.63426  | 0.00001
        q 20 exact               | 4.66554  | 0.00001
        q 20 closed              | 4.67023  | 0.00001
        σ 0.4 c2                 | 0.090488 | 0.0000005
        σ 0.4 q 0 exact          | 3.32446  | 0.00001
        σ 0.4 q 0 closed         | 3.32423  | 0.00001
        σ 1, A 0.2 c2            | 0.479884 | 0.0000005
        σ 1, A 0.2 q 0 exact     | 3.52565  | 0.00001
        σ 1, A 0.2 q 0 closed    | 3.51892  | 0.00001
        σ 1, A 0.2 q 10 exact    | 8.02275  | 0.00001
        σ 1, A 0.2 q 10 closed   | 8.31776  | 0.00001
        σ 1, A 0.2 q 20 exact    | 11.245   | 0.0005
        σ 1, A 0.2 q 20 closed   | 13.117   | 0.0005
    """),
    "3.4 fill intensity": rows("""
        AAPL A | 1.35  | 3%
        AAPL k | 0.358 | 1%
        AMZN A | 0.45  | 3%
        AMZN k | 0.369 | 1%
    """),
    "4.2 lead of a made-up pair": lead_rows(),
    "4.2 thin ticks": rows("""
        1/s and 1/s, share of the truth         | 1.000 | 0.006
        1/s and 1/s, previous tick              | 0.369 | 0.02
        1/s and 0.1/s, share of the truth       | 0.992 | 0.018
        1/s and 0.1/s, previous tick            | 0.079 | 0.02
        0.2/s and 0.05/s, share of the truth    | 0.987 | 0.036
        0.2/s and 0.05/s, previous tick         | 0.036 | 0.02
    """),
    "4.2 a fund and its parts": rows("""
        ETF-AAA correlation | 0.5494       | 0.00005
        ETF-BBB correlation | 0.7999       | 0.00005
        AAA-BBB correlation | 0.5230       | 0.00005
        ETF-AAA covariance  | 2.919435e-04 | 5e-11
        ETF-BBB covariance  | 2.441599e-04 | 5e-11
        AAA-BBB covariance  | 2.997086e-04 | 5e-11
    """),
    "6.3 FTRL": rows("""
        paper, l1 0, l2 1           | 0.60589 | 0.0001
        paper, l1 1, l2 1           | 0.60603 | 0.0001
        paper, l1 5, l2 0.1         | 0.60642 | 0.0001
        lagged, l1 0, l2 1          | 0.60589 | 0.00001
        lagged, l1 1, l2 1          | 0.60603 | 0.00001
        lagged, l1 5, l2 0.1        | 0.60642 | 0.00001
        largest difference in p     | 0.0134  | 0.0066
        base rate                   | 0.69234 | 0.00001
        Bayes                       | 0.60321 | 0.00001
    """),
    "6.3 direction of the mid": rows("""
        AMZN 1 s, AUC | 0.610 | 0.025
        AMZN 5 s, AUC | 0.589 | 0.025
        AAPL 1 s, AUC | 0.583 | 0.025
    """),
}
SLOW = frozenset({"4.2 lead of a made-up pair", "4.2 thin ticks", "6.3 direction of the mid"})  # minutes: in make e2e
