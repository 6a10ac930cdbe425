"""Our numbers beside those of statsmodels, scipy and river, on the same inputs.

`cases.py` says what is compared and asks both sides. `recorded.json` has what the libraries answered: so `make test`
compares without installing them (227 MB). `make oracles` installs them and holds that they still answer the same.
"""
