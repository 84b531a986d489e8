#!/bin/sh
# A virtual environment with uv inside, also on a Debian whose Python lacks ensurepip.
set -eu
python=$1
venv=$2
"$python" - <<'PY' || { echo "Decile needs Python 3.11 or newer; set PYTHON=/path/to/python3.11" >&2; exit 1; }
import sys
sys.exit(sys.version_info < (3, 11))
PY
if "$python" -c 'import ensurepip' 2>/dev/null; then
    "$python" -m venv "$venv"
    "$venv/bin/python" -m pip --quiet --disable-pip-version-check install uv
else
    "$python" -m venv --without-pip "$venv"
    "$python" -m pip --quiet --disable-pip-version-check --python "$venv/bin/python" install uv
fi
