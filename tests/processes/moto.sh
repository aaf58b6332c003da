#!/usr/bin/env bash
# tests/processes/moto.sh FOLDER: puts moto, an emulator of AWS written in Python, into FOLDER, unless
# it is there. The tests find it in build/moto; without it they skip, except where VEDETTE_MOTO says
# "required".
set -euo pipefail
folder=$1
[[ -x $folder/bin/moto_server ]] && exit 0
rm -rf -- "$folder"
python3 -m venv "$folder"
"$folder/bin/pip" --quiet --disable-pip-version-check install 'moto[server]>=5,<6' \
  || { rm -rf -- "$folder"; echo "moto could not be installed; its message is above" >&2; exit 1; }
