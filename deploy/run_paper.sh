#!/bin/sh
# One script to paper-trade from this folder, for those who are used to one: sets up, starts, shows, stops on Ctrl-C.
#
#   sh deploy/run_paper.sh                 all strategies of hft.toml on Alpaca paper (keys in .env)
#   sh deploy/run_paper.sh mm              only these
#   HFT_HOME=/some/folder sh deploy/run_paper.sh
#
# To leave the fleet running in the background use hftctl start and hftctl stop; for a server, the systemd unit.
set -eu

cd "$(dirname "$0")/.."
sh deploy/bootstrap.sh
hftctl=.venv/bin/hftctl

"$hftctl" start --paper "$@"
trap 'trap - INT TERM; "$hftctl" stop; exit' INT TERM
echo "Leaving the view (q or Ctrl-C) stops the fleet in order; positions stay."
# The view ends with q, Ctrl-C, or when nobody's terminal is there; then the fleet is stopped in order.
if [ -t 1 ]; then
    "$hftctl" status --watch || true
else
    "$hftctl" logs --follow || true
fi
"$hftctl" stop
